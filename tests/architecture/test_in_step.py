"""What is written must be what the code does."""

import re
from pathlib import Path

import pytest
import typer
from scripts import generated_docs
from tests.cli.processes import greenroom

from greenroom.cli.main import app
from greenroom.domain.errors import ErrorCode

_ROOT = Path(__file__).parents[2]
_DOCUMENTS = sorted((_ROOT / "docs").rglob("*.md"))
_PROSE = [_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", *_DOCUMENTS]


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_generated_parts_are_what_the_code_says(path):
    text = path.read_text()
    assert generated_docs.rewritten(text) == text, "run: make docs"


def test_every_generated_part_stands_in_some_document():
    found = {part for path in _DOCUMENTS for part in generated_docs.parts_of(path.read_text())}
    assert found == set(generated_docs.PARTS)


@pytest.mark.parametrize("lock", ["requirements.lock", "web/package-lock.json"])
def test_locks_hold_versions_and_hashes_and_no_addresses(lock):
    assert "://" not in (_ROOT / lock).read_text(), "run: make lock"


def test_every_command_is_documented():
    def below(part, *names):
        inner = {name: part.get_command(None, name) for name in part.list_commands(None)}
        for name, one in inner.items():
            is_group = hasattr(one, "list_commands")
            yield from below(one, *names, name) if is_group else [(*names, name)]

    assert set(below(typer.main.get_command(app))) == set(generated_docs.COMMANDS)


@pytest.mark.parametrize("command", generated_docs.COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_and_takes_json(command):
    shown = greenroom(*command, "--help")
    assert shown.code == 0
    assert f"Example: greenroom {' '.join(command)}" in " ".join(shown.out.split())
    assert "--json" in shown.out


def test_every_error_code_is_documented():
    text = (_ROOT / "docs" / "reference" / "errors.md").read_text()
    assert [code for code in ErrorCode if f"| `{code}` |" not in text] == []


@pytest.mark.parametrize("path", _PROSE, ids=lambda path: path.name)
def test_every_make_target_in_the_text_exists(path):
    makefile = (_ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=`|\s*(?:#|$))", path.read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("path", _PROSE, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_make_help_tells_every_target():
    makefile = (_ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) - {"help"}
    told = set(re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)) - {"help"}
    assert told == targets
