"""Instances that the operator's own commands start and stop, wherever that may be."""

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.worker import worker_url
from greenroom.engine.comfyui.owned.launch import inherited_environment
from greenroom.engine.provider import InstanceOrder, Provided

T = TypeVar("T")

_LONGEST_ANSWER = 2**20
_LAST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Commands:
    """Command lines. What they are told stands in their environment."""

    start: str
    """Answers {"url": ..., "handle": ...}: where the ComfyUI will answer, and its own name."""
    stop: str
    list: str | None = None
    """Answers [{"instance": ..., "handle": ...}, ...]."""
    limit: int | None = None
    """So many instances at once."""
    seconds: float = 900.0
    """How long each may take."""


class _Answer(msgspec.Struct, frozen=True):
    url: str
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
            answer = await self._ask(self._commands.start, order.variables(), _Answer)
            return Provided(worker_url(answer.url), answer.handle)
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
        try:
            process = await asyncio.create_subprocess_exec(
                *shlex.split(command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**inherited_environment(), **told},
                start_new_session=True,
                limit=_LONGEST_ANSWER,
            )
        except OSError as error:
            raise AppError(ErrorCode.UNAVAILABLE, f"cannot be run: {error.strerror}") from error
        try:
            async with asyncio.timeout(self._commands.seconds):
                printed, complaint = await process.communicate()
        except TimeoutError as late:
            told_s = f"took longer than {self._commands.seconds:g} s"
            raise AppError(ErrorCode.UNAVAILABLE, told_s) from late
        finally:
            await _end(process)
        if process.returncode != 0:
            words = complaint.decode(errors="replace").strip()[-_LAST_WORDS:]
            ended = f"ended with exit code {process.returncode}"
            raise AppError(ErrorCode.UNAVAILABLE, f"{ended}: {words}" if words else ended)
        return printed


async def _end(process: asyncio.subprocess.Process) -> None:
    """Nothing of a command that was given up goes on."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
