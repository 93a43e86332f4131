"""The UI's sources: typed, in step with the console API, and free of other servers' addresses."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.missing import missing

WEB = Path(__file__).parents[2] / "web"
GENERATED = WEB / "src" / "api" / "schema.gen.ts"


def _npx(*arguments):
    """A program of the build, as `scripts/web.sh` installed it."""
    binaries = WEB / "node_modules" / ".bin"
    path = f"{os.environ['PATH']}:{WEB.parent / '.venv' / 'bin'}"
    if not binaries.is_dir() or shutil.which("node", path=path) is None:
        missing("the build's programs are not here: make web installs them")
    name, *rest = arguments
    return subprocess.run(
        [binaries / name, *rest],
        cwd=WEB, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path},
    )  # fmt: skip


def test_the_sources_are_typed(built_ui):
    checked = _npx("vue-tsc", "--noEmit")
    assert checked.returncode == 0, checked.stdout


def test_the_types_are_those_of_the_console_api(built_ui, tmp_path):
    made = tmp_path / "schema.ts"
    done = _npx(
        "openapi-typescript", "openapi.json", "--output", str(made),
        "--export-type", "--alphabetize", "--empty-objects-unknown",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert GENERATED.read_text() == made.read_text(), "npm run types writes it anew"


def test_no_source_names_another_server():
    foreign = re.compile(r"https?://(?!127\.0\.0\.1|www\.w3\.org)")
    sources = [path for path in (WEB / "src").rglob("*") if path.is_file() and path != GENERATED]
    assert sources
    assert [path.name for path in sources if foreign.search(path.read_text())] == []


def test_no_source_is_longer_than_four_hundred_lines():
    sources = [path for path in (WEB / "src").rglob("*") if path.is_file() and path != GENERATED]
    long = [path.name for path in sources if len(path.read_text().splitlines()) > 400]
    assert long == []
