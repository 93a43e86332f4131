"""One large file up and down, against a plain aiohttp file server on the same disk."""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
from tests.bench.figure import Figure
from tests.bench.laps import wait_for_nodes
from tests.bench.server_process import server

_MIB = 1024 * 1024
_SIZE_MIB = int(os.environ.get("GREENROOM_BENCH_FILE_MIB", "1024"))
_ROUNDS = 3


async def large_files() -> list[Figure]:
    """In turn, so that both have the same machine; the best of three rounds counts.

    Both keep every upload: the memory of a file that is replaced costs less than new memory.
    """
    with _plain() as plain, server() as target:
        await wait_for_nodes(target.url)
        ups, downs = [], []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as session:
            for _ in range(_ROUNDS):
                theirs, kept = await _upload(session, f"{plain}/file")
                ours, made = await _upload(session, f"{target.url}/api/v2/assets")
                ups.append((theirs, ours))
                content = f"{target.url}/api/v2/assets/{made['id']}/content"
                downs.append(
                    (
                        await _download(session, f"{plain}/file/{kept['id']}"),
                        await _download(session, content),
                    )
                )
    return [
        Figure(f"{what} of {_SIZE_MIB} MiB, share of a plain server's", share * 100, "%", 70)
        for what, share in (("upload", _share(ups)), ("download", _share(downs)))
    ]


def _share(seconds: list[tuple[float, float]]) -> float:
    plain, ours = (min(times) for times in zip(*seconds, strict=True))
    return plain / ours


async def _upload(session: aiohttp.ClientSession, url: str) -> tuple[float, dict[str, Any]]:
    """Seconds, and what the server says of the file."""
    block = secrets.token_bytes(_MIB)

    async def pieces() -> AsyncIterator[bytes]:
        yield secrets.token_bytes(_MIB)  # Nobody has these bytes already.
        for _ in range(_SIZE_MIB - 1):
            yield block

    form = aiohttp.FormData()
    form.add_field("content_type", "application/octet-stream")
    form.add_field("file_path", "large.bin")
    form.add_field("file", pieces(), filename="large.bin")
    began = time.perf_counter()
    async with session.post(url, data=form) as answer:
        assert answer.status == 201, await answer.text()
        return time.perf_counter() - began, await answer.json()


async def _download(session: aiohttp.ClientSession, url: str) -> float:
    began, received = time.perf_counter(), 0
    async with session.get(url) as answer:
        async for chunk in answer.content.iter_any():
            received += len(chunk)
    assert received == _SIZE_MIB * _MIB
    return time.perf_counter() - began


@contextlib.contextmanager
def _plain() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="greenroom-bench-") as folder:
        command = [sys.executable, "-m", "tests.bench.plain_files", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process.stdout.readline().strip() if process.stdout else ""
            finally:
                process.terminate()
