"""Published examples and our own page, run as they are written; only the base URL is another."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from tests.contract.cloud.graphs import saved

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "cloud-api.md"
SEED = ROOT.parent / "shared" / "seeds" / "001_3d8b83bcac7a87e4.txt"
DEMO = ROOT / "examples" / "demo"
TYPESCRIPT = ROOT / "web" / "node_modules" / "typescript"

needs_seed = pytest.mark.skipif(
    not SEED.is_file(), reason="the published examples are kept beside the checkout"
)
needs_typescript = pytest.mark.skipif(
    shutil.which("node") is None or not TYPESCRIPT.is_dir(),
    reason="make setup installs TypeScript for the web UI",
)

_PRELUDE = """
const BASE_URL = process.env.BASE_URL;
const promptId = process.env.JOB_ID;
const getHeaders = () => ({ "X-API-Key": process.env.COMFY_CLOUD_API_KEY });
"""
"""What the examples take for granted."""

_TO_JAVASCRIPT = """
const ts = require(process.argv[1]);
const text = require("fs").readFileSync(0, "utf8");
const compilerOptions = { target: "ES2022", module: "ESNext" };
process.stdout.write(ts.transpileModule(text, { compilerOptions }).outputText);
"""


def blocks(path, kind):
    """The blocks of code of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


async def told(cloud, *command, folder, text=b"", **environment):
    """What a program prints, which must end well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "BASE_URL": f"{cloud.server.url}/cloud",
            "COMFY_CLOUD_API_KEY": "comfyui-any",
            **environment,
        },
    )  # fmt: skip
    out, err = await process.communicate(text)
    assert process.returncode == 0, (out + err).decode()
    return out.decode()


async def test_the_program_of_the_page_brings_a_picture_home(cloud, tmp_path):
    (program,) = await asyncio.to_thread(blocks, PAGE, "python")
    for path in DEMO.iterdir():
        shutil.copy(path, tmp_path)
    printed = await told(cloud, sys.executable, "-c", program, folder=tmp_path)
    names = re.findall(r"Saved (\S+)", printed)
    assert names
    for name in names:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


async def test_the_commands_of_the_page_are_answered(cloud, tmp_path):
    await cloud.run(saved(1))
    commands = [text for text in await asyncio.to_thread(blocks, PAGE, "sh") if "curl" in text]
    assert commands
    for text in commands:
        printed = await told(
            cloud, "bash", "-ec", text.replace("curl", "curl -sSf"), folder=tmp_path
        )
        assert printed.count('"jobs":[{') == 2


@needs_seed
async def test_the_published_commands_are_answered(cloud, tmp_path):
    job_id = (await cloud.run(saved(2)))["id"]
    found = await asyncio.to_thread(blocks, SEED, "bash curl")
    assert len(found) == 2
    for text in found:
        asked = text.replace("{job_id}", job_id).replace("curl", "curl -sSf")
        printed = await told(cloud, "bash", "-ec", asked, folder=tmp_path)
        assert job_id in printed


@needs_seed
@needs_typescript
async def test_the_published_programs_find_the_job(cloud, tmp_path):
    """Those in Python have lost their indentation on the way here."""
    job_id = (await cloud.run(saved(3)))["id"]
    found = await asyncio.to_thread(blocks, SEED, "typescript TypeScript")
    assert len(found) == 2
    printed = ""
    for text in found:
        script = await told(
            cloud, "node", "-e", _TO_JAVASCRIPT, str(TYPESCRIPT), folder=tmp_path,
            text=text.encode(),
        )  # fmt: skip
        program = tmp_path / "program.mjs"
        program.write_text(_PRELUDE + script)
        printed += await told(cloud, "node", str(program), folder=tmp_path, JOB_ID=job_id)
    assert re.search(r"Found \d+ completed jobs", printed)
    assert "Job has 1 outputs" in printed
