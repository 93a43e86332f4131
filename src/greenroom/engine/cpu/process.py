"""One child process as the server holds it: start, talk, kill."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import asdict, dataclass

from greenroom.engine.cpu import wire

_MODULE = "greenroom.engine.cpu.child"
_MOMENT_S = 1.0
_QUIET = {"OPENBLAS_NUM_THREADS": "1", "SVT_LOG": "1"}
"""Libraries that would start threads nobody uses, or write about their work."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use."""

    pixels: int
    """Of one picture that is loaded; of all its frames together when it moves."""
    cache: int
    """Bytes of results kept between runs."""
    memory: int
    """Bytes of memory in all; 0 for nine tenths of what the machine has."""


class Child:
    """A started child. It needs no waiting for: what it is sent, it reads once it is up."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.homes: tuple[str, ...] = ()
        """The folders of earlier runs that its cache points to."""

    @classmethod
    async def spawn(cls, limits: Limits) -> "Child":
        options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(limits).items()]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", _MODULE, *options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | _QUIET,
        )  # fmt: skip
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def send(self, order: wire.Order) -> None:
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(wire.frame(order))

    async def receive(self) -> wire.Report | None:
        """The next report; None when the child is gone."""
        pipe = self._process.stdout
        if pipe is None:
            return None
        try:
            header = await pipe.readexactly(wire.HEADER)
            return wire.report(await pipe.readexactly(int.from_bytes(header, "big")))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def farewell(self) -> str:
        """Wait until it is gone and say how it ended. It is given no more than a moment."""
        try:
            code = await asyncio.wait_for(self._process.wait(), _MOMENT_S)
        except TimeoutError:
            self.kill()
            code = await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if code == -signal.SIGKILL:
            return "was killed by SIGKILL, perhaps because memory ran out,"
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"exited with status {code}"
