"""Instances that the operator's own commands start and stop, wherever that may be."""

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TypeVar

import msgspec

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.worker import worker_url
from greenroom.engine.comfyui.owned.launch import inherited_environment
from greenroom.engine.provider import InstanceOrder, Provided

T = TypeVar("T")

_LONGEST_ANSWER = 2**20
_LAST_WORDS = 300
_LOOK = 0.05
"""Seconds between two looks whether a command has ended."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Command lines. What they are told stands in their environment."""

    start: str
    """Answers {"url": ..., "handle": ...}: where the ComfyUI will answer, and its own name.

    Without a url, a `greenroom worker` that it started there connects to the server.
    """
    stop: str
    list: str | None = None
    """Answers [{"instance": ..., "handle": ...}, ...]."""
    limit: int | None = None
    """So many instances at once."""
    seconds: float = 900.0
    """How long each may take."""


class _Answer(msgspec.Struct, frozen=True):
    url: str | None = None
    handle: str | None = None


class _Listed(msgspec.Struct, frozen=True):
    instance: str
    handle: str | None = None


class CommandProvider:
    """Implements Provider."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    @property
    def outlives(self) -> bool:
        return True

    async def open(self) -> None:
        """Nothing is kept here: the table of instances says what there is."""

    @property
    def limit(self) -> int | None:
        return self._commands.limit

    async def start(self, order: InstanceOrder) -> Provided:
        try:
            told = {**order.variables(), **order.way_in()}
            return _provided(await self._ask(self._commands.start, told, _Answer))
        except AppError as error:
            raise AppError(ErrorCode.UNAVAILABLE, f"--provider-start: {error.message}") from error

    async def stop(self, instance: WorkerId, handle: str | None) -> None:
        told = {"GREENROOM_INSTANCE": instance, "GREENROOM_HANDLE": handle or ""}
        try:
            await self._run(self._commands.stop, told)
        except AppError as error:
            raise AppError(ErrorCode.UNAVAILABLE, f"--provider-stop: {error.message}") from error

    async def listed(self) -> dict[WorkerId, str | None] | None:
        if self._commands.list is None:
            return None
        try:
            found = await self._ask(self._commands.list, {}, list[_Listed])
        except AppError as error:
            raise AppError(ErrorCode.UNAVAILABLE, f"--provider-list: {error.message}") from error
        return {WorkerId(one.instance): one.handle for one in found}

    async def _ask(self, command: str, told: Mapping[str, str], kind: type[T]) -> T:
        answer = await self._run(command, told)
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.MsgspecError as error:
            what = f"its answer is not as expected: {error}"
            raise AppError(ErrorCode.UNAVAILABLE, what) from error

    async def _run(self, command: str, told: Mapping[str, str]) -> bytes:
        """What it prints. UNAVAILABLE when it fails or takes too long."""
        variables = {**inherited_environment(), **told}
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as complaint:
            code = await self._ended(shlex.split(command), variables, printed, complaint)
            if code != 0:
                words = (await asyncio.to_thread(_read, complaint)).decode(errors="replace").strip()
                ended = f"ended with exit code {code}"
                what = f"{ended}: {words[-_LAST_WORDS:]}" if words else ended
                raise AppError(ErrorCode.UNAVAILABLE, what)
            return await asyncio.to_thread(_read, printed)

    async def _ended(
        self, words: list[str], variables: dict[str, str], printed: IO[bytes], complaint: IO[bytes]
    ) -> int:
        """Its exit code. It prints to files: what it leaves running may hold a pipe open."""
        try:
            process = await asyncio.to_thread(_spawn, words, variables, printed, complaint)
        except OSError as error:
            raise AppError(ErrorCode.UNAVAILABLE, f"cannot be run: {error.strerror}") from error
        try:
            async with asyncio.timeout(self._commands.seconds):
                while (code := process.poll()) is None:  # noqa: ASYNC110 - only looking tells
                    await asyncio.sleep(_LOOK)
                return code
        except TimeoutError as late:
            what = f"took longer than {self._commands.seconds:g} s"
            raise AppError(ErrorCode.UNAVAILABLE, what) from late
        finally:
            if process.returncode is None:
                await asyncio.to_thread(_kill, process)


def _provided(answer: _Answer) -> Provided:
    """UNAVAILABLE for an answer that tells nothing, BAD_REQUEST for a URL that is none."""
    if answer.url is not None:
        return Provided(worker_url(answer.url), answer.handle)
    if answer.handle is None:
        told = "its answer is not as expected: it names neither a `url` nor a `handle`"
        raise AppError(ErrorCode.UNAVAILABLE, told)
    return Provided(None, answer.handle)


def _spawn(
    words: list[str], variables: dict[str, str], printed: IO[bytes], complaint: IO[bytes]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - the operator's own command
        words, stdin=subprocess.DEVNULL, stdout=printed, stderr=complaint, env=variables,
        start_new_session=True,
    )  # fmt: skip


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_LONGEST_ANSWER)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Nothing of a command that was given up goes on."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
