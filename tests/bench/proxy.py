"""API v2 against the official proxy for a ComfyUI of one's own, before the same ComfyUI.

GREENROOM_BENCH_PROXY names the command `comfy-api-proxy`; without one nothing is measured.
"""

import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from tests.bench.comfyui import comfyui
from tests.bench.figure import Figure
from tests.bench.laps import wait_for_nodes
from tests.bench.load import Measured, hammer, request
from tests.bench.server_process import server

_CLIENTS = 16
_WARM_UP = 300
"""Submits before anything counts: a server's first requests prepare what the others need."""
_SUBMITS = 2_000
_READS = 4_000
_HELD = {
    "1": {"class_type": "Hold", "inputs": {"gate": "bench", "value": "x"}},
    "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
}
"""Keeps the ComfyUI still, so that what is measured is what stands before it."""


async def official_proxy() -> list[Figure]:
    command = os.environ.get("GREENROOM_BENCH_PROXY") or shutil.which("comfy-api-proxy")
    if command is None:
        return []
    with comfyui() as url, _proxy(command, url) as proxy:
        theirs = await _measured(proxy)
    with comfyui() as url, server("--engine", "comfyui", "--comfyui", url) as target:
        await wait_for_nodes(target.url)
        ours = await _measured(target.url)
    return [
        Figure("submits, times those of comfy-api-proxy", ours[0] / theirs[0], "x", 3),
        Figure("GET of a job, times that of comfy-api-proxy", ours[1] / theirs[1], "x", 20),
        Figure("submits to comfy-api-proxy", theirs[0], "jobs/s"),
        Figure("GET of a job from comfy-api-proxy", theirs[1], "requests/s"),
    ]


async def _measured(url: str) -> tuple[float, float]:
    """Submits and reads a second. The proxy asks for the whole queue to tell of one job of it, so
    the reads come first, while it is short.
    """
    await _submits(url, _WARM_UP)
    reads = await _reads(url)
    return await _submits(url, _SUBMITS), reads


async def _submits(url: str, count: int) -> float:
    body = json.dumps({"workflow": _HELD}).encode()
    calls = (request(url, "/api/v2/jobs", body) for _ in range(count))
    return _rate(await hammer(url, calls, _CLIENTS))


async def _reads(url: str) -> float:
    ids = [_submit(url) for _ in range(50)]
    calls = (
        request(url, f"/api/v2/jobs/{job_id}")
        for job_id in itertools.islice(itertools.cycle(ids), _READS)
    )
    return _rate(await hammer(url, calls, _CLIENTS))


def _rate(measured: Measured) -> float:
    assert not measured.failures
    return measured.rate


def _submit(url: str) -> str:
    body = json.dumps({"workflow": _HELD}).encode()
    headers = {"Content-Type": "application/json"}
    call = urllib.request.Request(f"{url}/api/v2/jobs", body, headers)
    with urllib.request.urlopen(call, timeout=30) as answer:
        return str(json.load(answer)["id"])


@contextlib.contextmanager
def _proxy(command: str, url: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="greenroom-bench-") as folder:
        arguments = [command, "run", "--comfyui", url, "--port", str(port)]
        # Its own logs and state stay in the folder.
        with subprocess.Popen(
            arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                _wait_for(f"http://127.0.0.1:{port}/api/v2/health", process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the proxy ended with {process.returncode}")
