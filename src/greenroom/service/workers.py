"""The workers of this installation: register, note how they are, list, steer, add, remove."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from sqlalchemy import Connection

from greenroom.domain.deployment import KEPT_FOR
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, JobId, WorkerId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Question
from greenroom.domain.machine import Machine
from greenroom.domain.page_file import PageContent, PageFile
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.domain.worker import (
    ELSEWHERE,
    Restarts,
    Worker,
    WorkerOrder,
    WorkerStatus,
    worker_url,
)
from greenroom.domain.workflow.node_list import pack, unpack
from greenroom.service.node_info import NodeInfo
from greenroom.store import workers as worker_rows
from greenroom.store.database import Database

_TELLING_S = 2.0
"""Seconds that a worker has to answer a question."""
_SENDING_S = 10.0
"""Seconds that it has to send a file for a page."""
_ANSWERING = frozenset({WorkerStatus.UP, WorkerStatus.PAUSED, WorkerStatus.DRAINING})
_KEPT = {
    WorkerOrder.WORK: WorkerStatus.UP,
    WorkerOrder.PAUSE: WorkerStatus.PAUSED,
    WorkerOrder.DRAIN: WorkerStatus.DRAINING,
}


class FreeMemory(Protocol):
    async def __call__(self, *, unload_models: bool, free_memory: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Controls:
    """What a worker's run loop lets others ask of it."""

    pause: Callable[[], None]
    resume: Callable[[], None]
    drain: Callable[[], None]
    free: FreeMemory
    machine: Callable[[], Awaitable[Machine]]
    """What it has now. AppError UNAVAILABLE."""
    ask: Callable[[Question], Awaitable[JsonValue]]
    """AppError UNAVAILABLE."""
    page_file: Callable[[PageFile, PageContent | None], Awaitable[PageContent | None]]
    """AppError UNAVAILABLE, TOO_LARGE."""
    relay: Callable[[RelayRequest], AbstractAsyncContextManager[RelayAnswer]]
    """AppError UNAVAILABLE, CONFLICT."""
    refresh: Callable[[], None]
    """Ask the engine anew which nodes it knows."""
    restarts: Callable[[], Restarts | None]
    """Of its engine's process; None where that is not the server's own."""


class Fleet(Protocol):
    """Whoever can start a worker and end it."""

    async def open(self, url: str, labels: Mapping[str, str]) -> WorkerId:
        """Start a worker on the ComfyUI at `url`, be it up or not."""

    async def close(self, worker: WorkerId) -> None:
        """End it; its jobs are stopped and wait again."""


class Workers:
    """`home` names this server among those that share the database."""

    def __init__(self, database: Database, nodes: NodeInfo, home: str = "") -> None:
        self._db = database
        self._nodes = nodes
        self._home = home
        self._workers: dict[WorkerId, Worker] = {}
        self._controls: dict[WorkerId, Controls] = {}
        self._lasting: dict[WorkerId, bool] = {}
        self._fleet: Fleet | None = None
        self._change = asyncio.Event()
        self._listeners: list[Callable[[WorkerId], None]] = []
        self._packed: tuple[JsonObject, bytes] | None = None
        self._packing = asyncio.Lock()

    def serve_with(self, fleet: Fleet) -> None:
        """Let workers be added and removed."""
        self._fleet = fleet

    def listen(self, listener: Callable[[WorkerId], None]) -> None:
        """Call it with each worker that was registered, changed or forgotten."""
        self._listeners.append(listener)

    def register(
        self, worker: WorkerId, kind: str, url: str | None, controls: Controls,
        labels: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        now = self._db.clock.now()
        added = self._lasting.get(worker, False)
        new = Worker(
            worker, kind, url, WorkerStatus.STARTING, None, now, labels=labels or {}, added=added
        )
        self._controls[worker] = controls
        self._note(worker, new)

    def forget(self, worker: WorkerId, *, for_good: bool) -> None:
        """The worker ends. With its server, its nodes stay known: jobs are accepted to the last."""
        self._controls.pop(worker, None)
        if for_good:
            self._nodes.forget(worker)
        else:
            self._nodes.set_down(worker)
        self._note(worker, None)

    async def remembered(self) -> list[Worker]:
        """The lasting workers of earlier times. Their status says what was ordered of them."""
        return await self._db.read(lambda tx: worker_rows.all_of(tx, DEFAULT_TENANT, self._home))

    async def keep(
        self, worker: WorkerId, kind: str, url: str,
        *, added: bool = False, labels: Mapping[str, str] | None = None,
    ) -> WorkerOrder:  # fmt: skip
        """Note, before it starts, that a worker lasts; gives what was ordered of it before.

        The nodes that it knew last are known from now on.
        """
        now = self._db.clock.now()
        new = Worker(
            worker, kind, url, WorkerStatus.UP, None, now, labels=labels or {}, added=added
        )
        self._lasting[worker] = added

        def write(tx: Connection) -> tuple[Worker, bytes | None]:
            before = worker_rows.get(tx, DEFAULT_TENANT, worker, self._home)
            kept = new if before is None else replace(new, status=before.status)
            worker_rows.save(tx, DEFAULT_TENANT, kept, self._home)
            return kept, worker_rows.nodes(tx, DEFAULT_TENANT, worker)

        kept, packed = await self._db.write(write)
        if packed is not None:
            self._nodes.recall(worker, await asyncio.to_thread(unpack, packed))
        return order_of(kept)

    async def relabel(self, worker: WorkerId, url: str, labels: Mapping[str, str]) -> None:
        """A worker that is registered tells anew where its ComfyUI is and how it is labelled."""
        known = self.get(worker)
        if (known.url, known.labels) != (url, labels):
            if worker in self._lasting:
                await self.keep(worker, known.kind, url, added=known.added, labels=labels)
            self._note(worker, replace(self.get(worker), url=url, labels=labels))

    async def learn(self, worker: WorkerId, definitions: JsonObject) -> None:
        """The worker's engine answers and knows these nodes."""
        known = self._nodes.last_known(worker)
        self._nodes.learn(worker, definitions)
        if definitions == known or worker not in self._lasting:
            return
        packed = await self._pack(definitions)
        await self._db.write(lambda tx: worker_rows.save_nodes(tx, DEFAULT_TENANT, worker, packed))

    def set_status(self, worker: WorkerId, status: WorkerStatus, reason: str | None) -> None:
        if status in {WorkerStatus.DOWN, WorkerStatus.QUARANTINED}:
            self._nodes.set_down(worker)
        elif status is WorkerStatus.UP:
            self._nodes.set_live(worker)
        known = self._workers.get(worker)
        if known is not None:
            now = self._db.clock.now()
            self._note(worker, replace(known, status=status, reason=reason, last_seen_at=now))

    async def changed(self) -> None:
        """Return when any worker was registered, changed or forgotten."""
        await self._change.wait()

    def set_jobs(self, worker: WorkerId, jobs: tuple[JobId, ...]) -> None:
        """Note what the worker runs now."""
        known = self._workers.get(worker)
        if known is not None:
            now = self._db.clock.now()
            self._note(worker, replace(known, jobs=jobs, last_seen_at=now))

    def all(self) -> list[Worker]:
        return list(self._workers.values())

    def find(self, worker: WorkerId) -> Worker | None:
        return self._workers.get(worker)

    def get(self, worker: WorkerId) -> Worker:
        """NOT_FOUND when there is no such worker."""
        found = self._workers.get(worker)
        if found is None:
            raise _unknown(worker)
        return found

    def restarts(self, worker: WorkerId) -> Restarts | None:
        """Of its engine's process; None where that is not the server's own, or is unknown."""
        controls = self._controls.get(worker)
        return None if controls is None else controls.restarts()

    def is_another_up(self, worker: WorkerId) -> bool:
        """Whether a job that should not go to this worker has somewhere else to go."""
        known = self._workers.get(worker)
        kept_for = None if known is None else known.labels.get(KEPT_FOR)
        return any(
            other.id != worker
            and other.status is WorkerStatus.UP
            and other.labels.get(KEPT_FOR) == kept_for
            for other in self._workers.values()
        )

    def controls(self, worker: WorkerId) -> Controls:
        """NOT_FOUND when there is no such worker."""
        found = self._controls.get(worker)
        if found is None:
            raise _unknown(worker)
        return found

    async def order(self, worker: WorkerId, order: WorkerOrder) -> Worker:
        """Pause, drain, or put to work; holds over a restart of a lasting worker. NOT_FOUND."""
        controls = self.controls(worker)
        match order:
            case WorkerOrder.PAUSE:
                controls.pause()
            case WorkerOrder.DRAIN:
                controls.drain()
            case WorkerOrder.WORK:
                controls.resume()
            case _:
                assert_never(order)
        await self._keep_order(worker, order)
        return self.get(worker)

    async def add(self, url: str, labels: Mapping[str, str] | None = None) -> Worker:
        """A new worker on the ComfyUI at `url`, also after a restart. CONFLICT, BAD_REQUEST."""
        address = worker_url(url)
        own = (known for known in self._workers.values() if known.kind != ELSEWHERE)
        if any(known.url == address for known in own):
            raise AppError(ErrorCode.CONFLICT, f"there is a worker on {address} already")
        return self.get(await self._fleet_here().open(address, labels or {}))

    async def remove(self, worker: WorkerId) -> None:
        """End a worker; what it runs is stopped there and waits again. NOT_FOUND."""
        self.get(worker)
        await self._fleet_here().close(worker)
        self._lasting.pop(worker, None)
        await self._db.write(lambda tx: worker_rows.delete(tx, DEFAULT_TENANT, worker))

    async def machines(self) -> dict[WorkerId, Machine]:
        """What the machines of the workers that are up have; of a silent one, nothing."""
        up = self.answering()
        told = await asyncio.gather(*(self._machine(worker) for worker in up))
        return dict(zip(up, told, strict=True))

    def answering(self) -> list[WorkerId]:
        """Those whose engines answer, whether they take jobs or not."""
        return [one.id for one in self._workers.values() if one.status in _ANSWERING]

    async def ask(self, worker: WorkerId, question: Question) -> JsonValue:
        """The answer of its engine, None when it knows none. NOT_FOUND, UNAVAILABLE."""
        try:
            async with asyncio.timeout(_TELLING_S):
                return await self.controls(worker).ask(question)
        except TimeoutError as late:
            raise AppError(ErrorCode.UNAVAILABLE, f"{worker} does not answer in time") from late

    async def page_file(
        self, worker: WorkerId, file: PageFile, known: PageContent | None
    ) -> PageContent | None:
        """As its engine has it: `known` if it is still right, None if there is none.

        NOT_FOUND, UNAVAILABLE, TOO_LARGE.
        """
        try:
            async with asyncio.timeout(_SENDING_S):
                return await self.controls(worker).page_file(file, known)
        except TimeoutError as late:
            raise AppError(ErrorCode.UNAVAILABLE, f"{worker} does not answer in time") from late

    async def _machine(self, worker: WorkerId) -> Machine:
        try:
            async with asyncio.timeout(_TELLING_S):
                return await self._controls[worker].machine()
        except (AppError, TimeoutError):
            return Machine()

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        """Ask every worker to give up models or cached results."""
        for controls in tuple(self._controls.values()):
            await controls.free(unload_models=unload_models, free_memory=free_memory)

    async def _keep_order(self, worker: WorkerId, order: WorkerOrder) -> None:
        def write(tx: Connection) -> None:
            kept = worker_rows.get(tx, DEFAULT_TENANT, worker, self._home)
            if kept is not None:
                ordered = replace(kept, status=_KEPT[order])
                worker_rows.save(tx, DEFAULT_TENANT, ordered, self._home)

        await self._db.write(write)

    async def _pack(self, definitions: JsonObject) -> bytes:
        """Workers with the same nodes come up together: what was packed last serves the next."""
        async with self._packing:
            if self._packed is None or self._packed[0] is not definitions:
                self._packed = (definitions, await asyncio.to_thread(pack, definitions))
            return self._packed[1]

    def _note(self, worker: WorkerId, known: Worker | None) -> None:
        if known is None:
            self._workers.pop(worker, None)
        else:
            self._workers[worker] = known
        self._change.set()
        self._change = asyncio.Event()
        for listener in self._listeners:
            listener(worker)

    def _fleet_here(self) -> Fleet:
        if self._fleet is None:
            raise AppError(ErrorCode.UNAVAILABLE, "this server takes no workers")
        return self._fleet


def order_of(worker: Worker) -> WorkerOrder:
    """What was ordered of a remembered worker."""
    return next((o for o, status in _KEPT.items() if status is worker.status), WorkerOrder.WORK)


def _unknown(worker: WorkerId) -> AppError:
    return AppError(ErrorCode.NOT_FOUND, f"there is no worker {worker}")
