"""Claim while there is room, start attempts, and drain on request."""

import asyncio
import functools
import logging
from dataclasses import dataclass

from greenroom.domain.errors import AppError
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.worker import WorkerStatus
from greenroom.service.workers import Controls, Workers
from greenroom.worker.attempt import Attempt, Bench

_log = logging.getLogger(__name__)

_IDLE_POLL = 1.0
"""Seconds after which an idle worker looks by itself: correctness does not hang on the bus."""
_FIRST_RETRY = 0.5
_LONGEST_RETRY = 15.0


@dataclass(frozen=True, slots=True)
class Identity:
    """How a worker is known."""

    id: WorkerId
    kind: str
    url: str | None = None


class WorkerLoop:
    def __init__(self, identity: Identity, bench: Bench, workers: Workers, slots: int = 1) -> None:
        self._identity = identity
        self._bench = bench
        self._workers = workers
        self._slots = slots
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._open = asyncio.Event()
        self._open.set()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to claim; the engine is started in the background and again when it goes down."""
        controls = Controls(self._pause, self._resume, self._drain, self._free)
        self._workers.register(self._identity.id, self._identity.kind, self._identity.url, controls)
        self._loop = asyncio.create_task(self._claim_forever())

    async def stop(self, grace: float) -> None:
        """Claim no more; let what runs end within `grace` seconds, then give it back."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        running = list(self._running.values())
        if running:
            await asyncio.wait(running, timeout=grace)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._bench.engine.stop()
        self._workers.forget(self._identity.id)

    async def _claim_forever(self) -> None:
        await self._bring_up()
        while True:
            await self._open.wait()
            try:
                await self._fill()
            except AppError as error:
                _log.warning("cannot claim jobs: %s", error.message)
                await asyncio.sleep(_IDLE_POLL)

    async def _bring_up(self) -> None:
        delay = _FIRST_RETRY
        while True:
            try:
                await self._bench.engine.start()
                definitions = await self._bench.engine.object_info()
            except (AppError, OSError) as error:
                self._workers.set_status(self._identity.id, WorkerStatus.DOWN, str(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_RETRY)
            else:
                self._workers.set_up(self._identity.id, definitions)
                return

    async def _fill(self) -> None:
        room = self._slots - len(self._running)
        claimed = await self._bench.queue.claim(self._identity.id, room) if room else []
        for assignment in claimed:
            task = asyncio.create_task(Attempt(self._bench, assignment).run())
            self._running[assignment.job.id] = task
            task.add_done_callback(functools.partial(self._ended, assignment.job.id))
        self._note_jobs()
        if len(self._running) >= self._slots:
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
        elif not claimed:
            await self._bench.queue.wait_for_work(_IDLE_POLL)

    def _ended(self, job_id: JobId, task: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        self._note_jobs()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The job keeps its lease until it runs out, and the reaper gives it another try.
            _log.error("the attempt at %s broke", job_id, exc_info=error)

    def _note_jobs(self) -> None:
        self._workers.set_jobs(self._identity.id, tuple(self._running))

    def _pause(self) -> None:
        self._open.clear()
        self._workers.set_status(self._identity.id, WorkerStatus.PAUSED, "paused by an operator")

    def _resume(self) -> None:
        self._workers.set_status(self._identity.id, WorkerStatus.UP, None)
        self._open.set()

    def _drain(self) -> None:
        self._open.clear()
        self._workers.set_status(self._identity.id, WorkerStatus.DRAINING, "takes no more jobs")

    async def _free(self, *, unload_models: bool, free_memory: bool) -> None:
        await self._bench.engine.free(unload_models=unload_models, free_memory=free_memory)
