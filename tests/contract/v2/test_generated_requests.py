"""Requests that nobody would think of: made from the description, answered as it declares."""

import asyncio
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

_COMMAND = Path(sys.executable).parent / "schemathesis"
_CHECKS = (
    "not_a_server_error,status_code_conformance,"
    "response_schema_conformance,content_type_conformance"
)
_LEFT_OUT = {
    "/api/v2/jobs/{id}/events": "a stream that ends with its job, which the tool would wait for",
}


async def test_every_generated_request_gets_a_declared_answer(v2, tmp_path):
    description = tmp_path / "v2.json"
    async with v2.session.get(f"{v2.server.url}/docs/v2.json") as answer:
        description.write_bytes(await answer.read())
    left_out = [f"--exclude-path={path}" for path in _LEFT_OUT]
    process = await asyncio.create_subprocess_exec(
        _COMMAND, "run", description, "--url", v2.server.url, "--checks", _CHECKS,
        "--max-examples", "20", "--seed", "1", "--no-color", *left_out,
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-8000:]
