"""The workers that connect from other machines: each a run loop here, over an engine there."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.scaling.instance import is_instance
from greenroom.domain.worker import ELSEWHERE, Elsewhere, Worker, WorkerOrder
from greenroom.engine.base import Engine
from greenroom.engine.remote import messages
from greenroom.engine.remote.engine import RemoteEngine
from greenroom.engine.remote.line import Line
from greenroom.service.services import Services
from greenroom.service.stations import Admit, Wire
from greenroom.worker.attempt import Bench
from greenroom.worker.loop import Identity, WorkerLoop

_ID = re.compile(rf"{ELSEWHERE}-[0-9a-z-]{{1,40}}")
_LONGEST = 4000
"""Characters of labels and URL together."""
_REMOVED = "This worker was removed at the server. Start it again to add it anew."
_ENDED = "This instance has ended at the server."


@dataclass(slots=True)
class _Guest:
    engine: RemoteEngine
    loop: WorkerLoop
    labels: Mapping[str, str] | None = None
    """Of an instance: what it is, whatever its worker says of itself."""
    address: str | None = None


@dataclass(slots=True)
class Guests:
    """`patience`: seconds that a worker may be out of reach before its runs count as lost."""

    services: Services
    bench: Callable[[Engine], Bench]
    patience: float
    loops: dict[WorkerId, WorkerLoop]
    """Where the loops go, among those of the server's own workers."""
    known: dict[WorkerId, _Guest] = field(default_factory=dict)
    closed: bool = False
    _receiving: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def expect(self, worker: Worker) -> None:
        """Be ready for one that was here before; its loop is not started yet."""
        await self._prepare(worker.id, worker.url or "", worker.labels)

    def host(self, instance: WorkerId, labels: Mapping[str, str], order: WorkerOrder) -> WorkerLoop:
        """Be ready for the worker of an instance; its loop is not started yet."""
        guest = self._place(instance, "", labels, order)
        guest.labels = labels
        return guest.loop

    def expects(self, worker: WorkerId) -> bool:
        return worker in self.known

    async def receive(self, hello: bytes, wire: Wire, admit: Admit) -> "Talk":
        told = _decoded(hello)
        worker = WorkerId(told.worker)
        await admit(worker)
        async with self._receiving:
            guest = self.known.get(worker)
            if self.closed or (guest is not None and guest.engine.is_dismissed):
                raise AppError(ErrorCode.UNAVAILABLE, "this worker is being stopped")
            if guest is None and is_instance(worker):
                raise AppError(ErrorCode.UNAVAILABLE, "this instance has just ended")
            if guest is None:
                guest = await self._prepare(worker, told.url, told.labels)
                guest.loop.start()
            else:
                labels = {**told.labels, **(guest.labels or {})}
                await self.services.workers.relabel(worker, told.url, labels)
        line = Line(wire.send, wire.hang_up)
        guest.address = wire.address
        guest.engine.connect(line, told.session, owns=told.owns)
        return Talk(guest, line)

    def input_path(self, worker: WorkerId, digest: str) -> Path | None:
        guest = self.known.get(worker)
        return None if guest is None else guest.engine.input_path(digest)

    def elsewhere(self, worker: WorkerId) -> Elsewhere | None:
        guest = self.known.get(worker)
        if guest is None:
            return None
        line = guest.engine.line
        if line is None:
            return Elsewhere(None, None)
        latency = line.latency_s
        return Elsewhere(guest.address, None if latency is None else latency * 1000)

    def dismiss(self, worker: WorkerId) -> None:
        """It is removed: when its loop stops, it ends, and does not come back by itself."""
        guest = self.known.get(worker)
        if guest is not None and guest.labels is not None:
            guest.engine.dismiss(_ENDED, ErrorCode.GONE)
        elif guest is not None:
            guest.engine.dismiss(_REMOVED)

    def forget(self, worker: WorkerId) -> None:
        """Its loop has stopped."""
        self.known.pop(worker, None)

    async def _prepare(self, worker: WorkerId, url: str, labels: Mapping[str, str]) -> _Guest:
        workers = self.services.workers
        order = await workers.keep(worker, ELSEWHERE, url, added=True, labels=labels)
        return self._place(worker, url, labels, order)

    def _place(
        self, worker: WorkerId, url: str, labels: Mapping[str, str], order: WorkerOrder
    ) -> _Guest:
        services = self.services
        engine = RemoteEngine(self.patience, services.arrivals.lend)
        loop = WorkerLoop(
            Identity(worker, ELSEWHERE, url, lasting=True, outlives=True, labels=labels),
            self.bench(engine),
            services.workers,
            order=order,
            owner=engine.owner,
        )
        engine.on_give_back = loop.give_back
        guest = _Guest(engine, loop)
        self.known[worker], self.loops[worker] = guest, loop
        return guest


@dataclass(frozen=True, slots=True)
class Talk:
    """What the edge needs of one connection."""

    guest: _Guest
    line: Line

    def hear(self, frame: bytes) -> None:
        try:
            message = messages.from_worker(frame)
        except msgspec.DecodeError as error:
            raise _unclear(error) from error
        self.guest.engine.hear(self.line, message)

    def end(self) -> None:
        self.guest.engine.disconnect(self.line)


def _decoded(hello: bytes) -> messages.Hello:
    try:
        told = messages.hello(hello)
    except msgspec.DecodeError as error:
        raise _unclear(error) from error
    if _ID.fullmatch(told.worker) is None and not is_instance(WorkerId(told.worker)):
        raise AppError(ErrorCode.BAD_REQUEST, f"{told.worker!r} is no id of a worker elsewhere")
    if len(told.url) + sum(len(part) for pair in told.labels.items() for part in pair) > _LONGEST:
        raise AppError(ErrorCode.BAD_REQUEST, "the worker tells too much of itself")
    return told


def _unclear(error: Exception) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, f"the worker's words cannot be understood: {error}")
