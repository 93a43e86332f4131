"""One ComfyUI process that Greenroom owns: started, watched, started again, ended as a group."""

import asyncio
import contextlib
import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from greenroom.domain.worker import Restarts
from greenroom.engine.comfyui import discovery
from greenroom.engine.comfyui.owned import launch, record
from greenroom.engine.comfyui.owned.group import Group
from greenroom.engine.comfyui.owned.launch import Launch
from greenroom.engine.comfyui.owned.log import ProcessLog
from greenroom.engine.comfyui.owned.record import Record
from greenroom.engine.owner import ProcessState, ProcessStatus

_log = logging.getLogger(__name__)
_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class ProcessTiming:
    """In seconds."""

    look: float = 0.25
    """Between two looks whether it still runs."""
    start_limit: float = 900.0
    """How long it may take until it answers: custom nodes may install what they need."""
    end_grace: float = 10.0
    """How long it may take to end after it was asked to."""
    first_pause: float = 1.0
    longest_pause: float = 60.0
    steady: float = 60.0
    """One that answered for so long is started again without a longer pause."""


class ComfyProcess:
    """Outlives a kill of Greenroom: the next owner of `folder` takes it over, or ends it."""

    def __init__(self, what: Launch, folder: Path, timing: ProcessTiming | None = None) -> None:
        self._launch = what
        self._timing = timing or ProcessTiming()
        self._record = folder / f"{what.name}.json"
        self.log = ProcessLog(folder / f"{what.name}.log")
        self._port = 0
        self._group: Group | None = None
        self._generation = 0
        self._why: str | None = None
        self._state = ProcessState(ProcessStatus.STARTING, "ComfyUI is started")
        self._listener: Callable[[ProcessState], None] | None = None
        self._orders: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._spawned = asyncio.Event()

    @property
    def name(self) -> str:
        return self._launch.name

    @property
    def url(self) -> str:
        """Where it answers, the same after every restart. Known after prepare()."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return None if self._group is None else self._group.record.pid

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def restarts(self) -> Restarts:
        count = max(0, self._generation - 1)
        return Restarts(count, self._why if count else None)

    @property
    def state(self) -> ProcessState:
        return self._state

    def watch(self, listener: Callable[[ProcessState], None]) -> None:
        self._listener = listener

    async def prepare(self) -> None:
        """Find what an earlier owner left: take it over if it is the same, else end it."""
        await asyncio.to_thread(self._record.parent.mkdir, parents=True, exist_ok=True)
        before = await asyncio.to_thread(record.read, self._record)
        former = None if before is None else Group(before)
        alive = former is not None and await asyncio.to_thread(former.ended) is None
        if former is not None and alive and self._is_this(former.record):
            _log.info("%s goes on with process %d", self.name, former.record.pid)
            self._group, self._generation = former, 1
            self._port = former.record.port
            return
        if former is not None:
            await former.end(self._timing.end_grace)
        fixed = self._launch.fixed_port
        self._port = fixed if fixed is not None else await asyncio.to_thread(launch.free_port)

    def start(self) -> None:
        """Begin to run it and to watch over it."""
        self._task = asyncio.create_task(self._supervise(), name=f"owner of {self.name}")

    async def stop(self) -> None:
        """End it for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._end_group()
        await asyncio.to_thread(self._record.unlink, missing_ok=True)

    async def restart(self, generation: int, why: str) -> None:
        if generation != self._generation or self._group is None:
            return
        _log.warning("%s is started anew: %s", self.name, why)
        self._spawned.clear()
        self._orders.append(why)
        self._why = why
        self._become(ProcessStatus.STARTING, f"ComfyUI is started anew: {why}")
        await self._end_group()
        await self._spawned.wait()

    async def _supervise(self) -> None:
        pause = self._timing.first_pause
        while True:
            answered_at = None
            try:
                if self._group is None:
                    await self._begin()
                self._spawned.set()
                answered_at = await self._until_it_answers()
                why = await self._until_it_ends()
            except OSError as error:
                why = f"cannot be started: {error.strerror}"
            now = asyncio.get_running_loop().time()
            steady = answered_at is not None and now - answered_at >= self._timing.steady
            pause = self._timing.first_pause if steady else pause
            if self._orders:
                self._orders.clear()
                continue
            self._why = f"ComfyUI {why}"
            await self._tell_end(why, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._timing.longest_pause)

    async def _begin(self) -> None:
        spawning = asyncio.ensure_future(asyncio.to_thread(self._spawn))
        try:
            self._group = await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # It may exist by now, and whoever stops us must be able to end it.
            with contextlib.suppress(OSError):
                self._group = await spawning
            raise
        self._generation += 1

    def _spawn(self) -> Group:
        what, port = self._launch, self._port
        with self.log.appending() as output:
            child = subprocess.Popen(  # noqa: S603 - the operator's own command
                what.arguments(port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=what.environment(launch.inherited_environment()),
                start_new_session=True,
            )
        began = psutil.Process(child.pid).create_time()
        made = Record(child.pid, began, port, what.command, what.gpu)
        record.write(self._record, made)
        return Group(made, child)

    async def _until_it_answers(self) -> float | None:
        """When it first answered, on the loop's clock; None when it ended before."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timing.start_limit
        self._become(ProcessStatus.STARTING, f"ComfyUI is starting (process {self.pid})")
        while await self._how_it_ended() is None:
            if await discovery.found(self.url):
                self._become(ProcessStatus.ANSWERING)
                return loop.time()
            if loop.time() > deadline:
                _log.error("%s does not answer at %s", self.name, self.url)
                await self._end_group()
            await asyncio.sleep(self._timing.look)
        return None

    async def _until_it_ends(self) -> str:
        while (how := await self._how_it_ended()) is None:
            await asyncio.to_thread(self.log.trim)
            await asyncio.sleep(self._timing.look)
        await self._end_group()
        return how

    async def _how_it_ended(self) -> str | None:
        group = self._group
        return "was ended" if group is None else await asyncio.to_thread(group.ended)

    async def _end_group(self) -> None:
        group = self._group
        if group is not None:
            await group.end(self._timing.end_grace)
            if self._group is group:
                self._group = None

    async def _tell_end(self, how: str, pause: float) -> None:
        lines = await asyncio.to_thread(self.log.last_lines, _LAST_LINES)
        said = f" Its last words: {' | '.join(lines)}" if lines else ""
        reason = f"ComfyUI {how} and is started again in {pause:g} s.{said}"
        _log.error("%s: %s", self.name, reason)
        self._become(ProcessStatus.ENDED, reason, f"ComfyUI {how}.{said}")

    def _is_this(self, former: Record) -> bool:
        fixed = self._launch.fixed_port
        same = (former.command, former.gpu) == (self._launch.command, self._launch.gpu)
        return same and fixed in (None, former.port)

    def _become(self, status: ProcessStatus, reason: str = "", end: str = "") -> None:
        self._state = ProcessState(status, reason, end)
        if self._listener is not None:
            self._listener(self._state)
