"""What a job costs that goes through Greenroom instead of straight to ComfyUI."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import aiohttp
from tests.bench.figure import Figure
from tests.bench.laps import lap, wait_for_nodes
from tests.bench.server_process import server

_LAPS = 160
_WARM_UP = 100
"""Until the log of the database has its full size: a commit that makes it longer takes longer."""


async def comfyui_overhead() -> list[Figure]:
    """The same jobs in turn: straight to a ComfyUI without models, and through Greenroom to it.

    GREENROOM_BENCH_COMFYUI names a real one instead.
    """
    with comfyui() as url, server("--engine", "comfyui", "--comfyui", url) as target:
        await wait_for_nodes(target.url)
        async with (
            aiohttp.ClientSession(url) as straight,
            aiohttp.ClientSession(target.url) as through,
            straight.ws_connect("/ws?clientId=bench") as near,
            through.ws_connect("/ws?clientId=bench") as far,
        ):
            laps = [(await lap(straight, near), await lap(through, far)) for _ in range(_LAPS)]
    direct, served = (statistics.median(times) for times in zip(*laps[_WARM_UP:], strict=True))
    return [
        Figure("smallest workflow straight to ComfyUI, median", direct, "ms"),
        Figure("through Greenroom, more than that, median", served - direct, "ms", 10, False),
        Figure("through Greenroom, times as long", served / direct, "x"),
    ]


@contextlib.contextmanager
def comfyui() -> Iterator[str]:
    named = os.environ.get("GREENROOM_BENCH_COMFYUI")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="greenroom-bench-") as folder:
        command = [sys.executable, "-m", "tests.fakes.comfyui_server", "--folder", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process.stdout.readline().strip() if process.stdout else ""
            finally:
                process.terminate()
