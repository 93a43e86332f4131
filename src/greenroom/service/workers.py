"""The workers of this installation: register, note how they are, list, steer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from greenroom.domain.clock import Clock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.json import JsonObject
from greenroom.domain.worker import Worker, WorkerStatus
from greenroom.service.node_info import NodeInfo


class FreeMemory(Protocol):
    async def __call__(self, *, unload_models: bool, free_memory: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Controls:
    """What a worker's run loop lets others ask of it."""

    pause: Callable[[], None]
    resume: Callable[[], None]
    drain: Callable[[], None]
    free: FreeMemory


class Workers:
    def __init__(self, clock: Clock, nodes: NodeInfo) -> None:
        self._clock = clock
        self._nodes = nodes
        self._workers: dict[WorkerId, Worker] = {}
        self._controls: dict[WorkerId, Controls] = {}

    def register(self, worker: WorkerId, kind: str, url: str | None, controls: Controls) -> None:
        self._workers[worker] = Worker(
            worker, kind, url, WorkerStatus.STARTING, None, self._clock.now()
        )
        self._controls[worker] = controls

    def forget(self, worker: WorkerId) -> None:
        self._workers.pop(worker, None)
        self._controls.pop(worker, None)
        self._nodes.forget(worker)

    def set_up(self, worker: WorkerId, definitions: JsonObject) -> None:
        """The worker's engine answers and knows these nodes."""
        self._nodes.learn(worker, definitions)
        self._note(worker, WorkerStatus.UP, None)

    def set_status(self, worker: WorkerId, status: WorkerStatus, reason: str | None) -> None:
        if status in {WorkerStatus.DOWN, WorkerStatus.QUARANTINED}:
            self._nodes.set_down(worker)
        self._note(worker, status, reason)

    def set_jobs(self, worker: WorkerId, jobs: tuple[JobId, ...]) -> None:
        """Note what the worker runs now."""
        known = self._workers.get(worker)
        if known is not None:
            now = self._clock.now()
            self._workers[worker] = replace(known, jobs=jobs, last_seen_at=now)

    def all(self) -> list[Worker]:
        return list(self._workers.values())

    def controls(self, worker: WorkerId) -> Controls:
        """NOT_FOUND when there is no such worker."""
        found = self._controls.get(worker)
        if found is None:
            raise AppError(ErrorCode.NOT_FOUND, f"there is no worker {worker}")
        return found

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        """Ask every worker to give up models or cached results."""
        for controls in tuple(self._controls.values()):
            await controls.free(unload_models=unload_models, free_memory=free_memory)

    def _note(self, worker: WorkerId, status: WorkerStatus, reason: str | None) -> None:
        known = self._workers.get(worker)
        if known is not None:
            self._workers[worker] = replace(
                known, status=status, reason=reason, last_seen_at=self._clock.now()
            )
