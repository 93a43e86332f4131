"""A Greenroom server in a process of its own, for measuring."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class RunningServer:
    url: str
    start_seconds: float
    """From the start of the process to its first answer."""
    process: psutil.Process

    def hold_engine(self) -> None:
        """Keep the engine's processes still, so that what is measured is the server alone."""
        for child in self.process.children(recursive=True):
            child.suspend()

    def memory_mb(self) -> float:
        """Resident memory of the server process alone, in MiB."""
        return self.process.memory_info().rss / 2**20


@contextlib.contextmanager
def server(*flags: str, folder: str | None = None) -> Iterator[RunningServer]:
    """A server on a free port, and on a temporary data folder where none is given."""
    with tempfile.TemporaryDirectory(prefix="greenroom-bench-") as temporary:
        folder = folder or temporary
        command = [
            sys.executable,
            "-m",
            "greenroom",
            "serve",
            "--port",
            "0",
            "--drain-seconds",
            "0",
        ]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, "--data-dir", folder, *flags], stdout=subprocess.DEVNULL
        ) as process:
            try:
                url = _url(Path(folder) / "server.json", process)
                yield RunningServer(url, time.perf_counter() - began, psutil.Process(process.pid))
            finally:
                process.terminate()
                process.wait(30)


def _url(address: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            url = str(json.loads(address.read_text())["url"])
            urllib.request.urlopen(f"{url}/prompt", timeout=5).read()
            return url
        time.sleep(0.005)
    raise RuntimeError(f"the server ended with {process.returncode}")
