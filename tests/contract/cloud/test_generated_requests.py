"""Requests that nobody would think of: made from the description, answered as it declares."""

import asyncio
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.slow,
    # Half a minute on a quiet machine.
    pytest.mark.timeout(400),
]

_COMMAND = Path(sys.executable).parent / "schemathesis"
_CHECKS = (
    "not_a_server_error,status_code_conformance,"
    "response_schema_conformance,content_type_conformance"
)


async def test_every_generated_request_gets_a_declared_answer(cloud, tmp_path):
    description = tmp_path / "cloud.json"
    async with cloud.session.get(f"{cloud.server.url}/docs/cloud.json") as answer:
        description.write_bytes(await answer.read())
    process = await asyncio.create_subprocess_exec(
        _COMMAND, "run", description, "--url", f"{cloud.server.url}/cloud", "--checks", _CHECKS,
        "--phases", "coverage,fuzzing", "--max-examples", "2", "--seed", "1", "--no-color",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-8000:]
