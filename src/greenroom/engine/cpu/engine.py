"""The engine on this machine's CPU: graphs run in child processes, one of which stays warm."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import assert_never

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Question
from greenroom.domain.machine import Machine
from greenroom.domain.page_file import PageContent, PageFile
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.engine.base import EngineError, Interrupted, Run, RunResult, Sink
from greenroom.engine.cpu import catalogue, wire
from greenroom.engine.cpu.flight import Flight, file_key
from greenroom.engine.cpu.process import Child, Limits
from greenroom.engine.cpu.scratch import Scratch, drop, lend
from greenroom.engine.health import Health, HealthStatus

PIXEL_LIMIT = 178_956_970
"""Pictures with more pixels than this are refused as decompression bombs."""
CACHE_BYTES = 512 << 20
_GRACE_S = 0.1
"""How long a run may take to stop by itself before its process is killed."""


class CpuEngine:
    """Runs graphs of the built-in nodes. Every run that is on has a child process to itself."""

    def __init__(
        self,
        scratch: Path,
        *,
        pixel_limit: int = PIXEL_LIMIT,
        cache_bytes: int = CACHE_BYTES,
        memory_limit: int = 0,
    ) -> None:
        """`scratch`: a folder of the engine's own; start() empties it.

        `memory_limit`: bytes for each process; 0 for nine tenths of what the machine has.
        """
        self._scratch = Scratch(scratch)
        self._limits = Limits(pixel_limit, cache_bytes, memory_limit)
        self._serials = itertools.count(1)
        self._flights: dict[JobId, Flight] = {}
        self._children: set[Child] = set()
        self._idle: Child | None = None
        self._warming: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        self._stopping = False
        await asyncio.to_thread(self._scratch.clear)
        self._warm_up()

    async def stop(self) -> None:
        self._stopping = True
        if self._warming is not None:
            await self._warming
        self._idle = None
        for child in tuple(self._children):
            child.kill()
            await self._bury(child)
        while self._chores:
            await asyncio.gather(*self._chores)

    def health(self) -> Health:
        return Health(HealthStatus.UP)

    def watch(self, listener: Callable[[Health], None]) -> None:
        """Its health never changes: a process that dies is replaced."""

    async def object_info(self) -> JsonObject:
        return catalogue.object_info()

    async def machine(self) -> Machine:
        return Machine()

    async def ask(self, question: Question) -> JsonValue:  # noqa: ARG002 - the protocol's signature
        """Its nodes are all there is: no models, no subgraphs."""
        return None

    async def page_file(self, file: PageFile, known: PageContent | None) -> PageContent | None:  # noqa: ARG002 - likewise
        """Its nodes bring no scripts."""
        return None

    def relay(self, request: RelayRequest) -> AbstractAsyncContextManager[RelayAnswer]:  # noqa: ARG002 - likewise
        raise AppError(ErrorCode.CONFLICT, "The built-in engine has no ComfyUI behind it.")

    async def run(self, run: Run, sink: Sink) -> RunResult:
        flight = Flight(run, next(self._serials))
        self._flights[run.job_id] = flight
        try:
            return await self._fly(flight, sink)
        finally:
            flight.over = True
            del self._flights[run.job_id]

    async def attach(self, run: Run, sink: Sink) -> RunResult | None:  # noqa: ARG002 - the protocol's signature
        """Its processes end with the one that started them."""
        return None

    async def interrupt(self, job_id: JobId) -> None:
        flight = self._flights.get(job_id)
        if flight is None:
            return
        flight.stop_wanted = True
        if flight.child is not None:
            flight.child.send(wire.StopRun(flight.serial))
        asyncio.get_running_loop().call_later(_GRACE_S, self._kill_if_on, flight)

    async def fetch(self, run: Run, item: Mapping[str, JsonValue], scratch: Path) -> Path:
        source = self._scratch.find(run, file_key(item))
        if source is None:
            raise AppError(ErrorCode.NOT_FOUND, f"the run made no file {item.get('filename')}")
        return await asyncio.to_thread(lend, source, scratch)

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        """There are no models to unload; `free_memory` drops the cached results."""
        del unload_models
        if free_memory:
            for child in self._children:
                child.send(wire.Forget())

    async def _fly(self, flight: Flight, sink: Sink) -> RunResult:
        home = self._scratch.open(flight)
        try:
            child = await self._take_child()
        except OSError as error:
            raise EngineError(flight.loss(f"could not be started ({error.strerror})")) from error
        report: wire.Report | None = None
        flight.child = child
        if self._stopping:
            child.kill()
        try:
            child.send(_order(flight, home))
            if flight.stop_wanted:
                child.send(wire.StopRun(flight.serial))
            report = await self._follow(flight, child, sink)
        except BaseException:
            child.kill()
            raise
        finally:
            flight.child = None
            self._give_back(child, usable=report is not None)
        if report is not None:
            return _conclude(flight, report)
        if flight.stop_wanted:
            raise Interrupted(flight.interruption())
        how = await child.farewell()
        raise EngineError(flight.loss("was stopped with the engine" if self._stopping else how))

    async def _follow(self, flight: Flight, child: Child, sink: Sink) -> wire.Report | None:
        """Pass the run's events on; the report that ends it, or None when the child is gone."""
        while (report := await child.receive()) is not None:
            if not isinstance(report, wire.Happened):
                child.homes = report.kept
                return report
            event = wire.event_of(report)
            flight.note(event, report.home)
            await sink(event)
        return None

    async def _take_child(self) -> Child:
        if self._warming is not None:
            await asyncio.wait([self._warming])
        child, self._idle = self._idle, None
        if child is not None and child.alive:
            return child
        if child is not None:
            self._later(self._bury(child))
        return await self._spawn()

    async def _spawn(self) -> Child:
        child = await Child.spawn(self._limits)
        self._children.add(child)
        return child

    def _warm_up(self) -> None:
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        """Have a process ready. A failure shows when a run needs one."""
        if self._idle is not None or self._stopping:
            return
        with contextlib.suppress(OSError):
            child = await self._spawn()
            self._give_back(child, usable=True)

    def _give_back(self, child: Child, *, usable: bool) -> None:
        if usable and self._idle is None and not self._stopping:
            self._idle = child
        else:
            if usable:
                child.kill()
            self._later(self._bury(child))
            self._warm_up()
        self._tidy()

    def _tidy(self) -> None:
        outdated = self._scratch.outdated(home for each in self._children for home in each.homes)
        if outdated:
            self._later(asyncio.to_thread(drop, outdated))

    def _kill_if_on(self, flight: Flight) -> None:
        if flight.child is not None:
            flight.child.kill()

    async def _bury(self, child: Child) -> None:
        await child.farewell()
        self._children.discard(child)

    def _later(self, chore: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _order(flight: Flight, home: str) -> wire.StartRun:
    run = flight.run
    return wire.StartRun(
        serial=flight.serial,
        home=home,
        tenant=run.tenant,
        graph=wire.to_json(run.graph),
        extra=wire.to_json(run.extra_data),
        outputs=run.outputs,
        inputs=tuple((f.root, f.subfolder, f.name, str(f.path)) for f in run.inputs),
    )


def _conclude(flight: Flight, report: wire.Report) -> RunResult:
    match report:
        case wire.Ended():
            return flight.result(report)
        case wire.Failed():
            raise EngineError(flight.failure(report))
        case wire.Stopped():
            raise Interrupted(flight.interruption())
        case wire.Happened():
            raise AssertionError("an event does not end a run")
        case _:
            assert_never(report)
