"""Claim while there is room, start attempts, follow the engine's health, and drain on request."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from greenroom.domain.errors import AppError
from greenroom.domain.failure import RULES, Failure, WorkerRemedy
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.worker import WorkerOrder, WorkerStatus
from greenroom.engine.health import Health, HealthStatus
from greenroom.engine.owner import Owner, ProcessState
from greenroom.service.queue import Assignment
from greenroom.service.workers import Controls, Workers
from greenroom.worker.attempt import Attempt, Bench
from greenroom.worker.standing import Standing

_log = logging.getLogger(__name__)

_IDLE_POLL = 1.0
"""Seconds after which an idle worker looks by itself: correctness does not hang on the bus."""
_LETTING_GO = 5.0
"""Seconds that an engine has to stop the runs of a worker that is removed."""
_FIRST_RETRY = 0.5
_LONGEST_RETRY = 15.0


@dataclass(frozen=True, slots=True)
class Identity:
    """How a worker is known."""

    id: WorkerId
    kind: str
    url: str | None = None
    lasting: bool = False
    """The same worker is there after a restart."""
    outlives: bool = False
    """What its engine runs goes on when the server ends."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Running:
    attempt: Attempt
    task: asyncio.Task[None]


class WorkerLoop:
    def __init__(
        self, identity: Identity, bench: Bench, workers: Workers, slots: int = 1,
        *, order: WorkerOrder = WorkerOrder.WORK,
        owner: Owner | None = None,
    ) -> None:  # fmt: skip
        """`owner` has the process of the engine's server, where it is ours."""
        self._identity = identity
        self._bench = bench
        self._workers = workers
        self._slots = slots
        self._owner = owner
        self._standing = Standing(order)
        self._running: dict[JobId, _Running] = {}
        self._open = asyncio.Event()
        self._stirred = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._asides: set[asyncio.Task[None]] = set()

    @property
    def id(self) -> WorkerId:
        return self._identity.id

    def start(self) -> None:
        """Begin to claim; the engine is started in the background and again when it goes down."""
        controls = Controls(
            pause=functools.partial(self._obey, WorkerOrder.PAUSE),
            resume=functools.partial(self._obey, WorkerOrder.WORK),
            drain=functools.partial(self._obey, WorkerOrder.DRAIN),
            free=self._free,
            machine=self._bench.engine.machine,
            ask=self._bench.engine.ask,
            page_file=self._bench.engine.page_file,
            relay=self._bench.engine.relay,
            refresh=self._refresh,
            restarts=lambda: None if self._owner is None else self._owner.restarts,
        )
        known = self._identity
        self._workers.register(known.id, known.kind, known.url, controls, known.labels)
        self._bench.engine.watch(self._hear)
        if self._owner is not None:
            self._standing.process = self._owner.state
            self._owner.watch(self._hear_process)
        self._loop = asyncio.create_task(self._live())

    async def stop(self, grace: float, *, for_good: bool = False) -> None:
        """Claim no more; let what runs end within `grace` seconds, then give it back.

        Where runs outlive the server they are left for its successor, unless the worker ends
        `for_good`: then what runs is stopped at once.
        """
        if self._restarting is not None:
            self._restarting.cancel()
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        running = list(self._running.values())
        tasks = [each.task for each in running]
        if for_good:
            await asyncio.gather(*(each.attempt.give_back() for each in running))
        if tasks:
            await asyncio.wait(tasks, timeout=_LETTING_GO if for_good else grace)
        for each in running:
            if self._identity.outlives and not for_good:
                each.attempt.leave()
            each.task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._bench.engine.stop()
        self._workers.forget(self._identity.id, for_good=for_good)

    def give_back(self) -> None:
        """Stop what runs; it then waits for another worker."""
        for each in self._running.values():
            task = asyncio.create_task(each.attempt.give_back())
            self._asides.add(task)
            task.add_done_callback(self._asides.discard)

    async def _live(self) -> None:
        await self._start_engine()
        await self._take_up()
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow_health())
                    tasks.create_task(self._claim_forever())
            except ExceptionGroup as fault:
                _log.error("worker %s stumbled and goes on", self._identity.id, exc_info=fault)
                await asyncio.sleep(_IDLE_POLL)

    async def _start_engine(self) -> None:
        delay = _FIRST_RETRY
        while True:
            try:
                await self._bench.engine.start()
            except (AppError, OSError) as error:
                self._hear(Health(HealthStatus.DOWN, str(error)))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_RETRY)
            else:
                return

    async def _take_up(self) -> None:
        """Go on with what this worker ran when its server ended."""
        while self._identity.lasting:
            try:
                for assignment in await self._bench.queue.take_up(self._identity.id):
                    _log.info("job %s is taken up again", assignment.job.id)
                    self._begin(assignment)
            except AppError as error:
                _log.warning("cannot take up what ran before: %s", error.message)
                await asyncio.sleep(_IDLE_POLL)
            else:
                self._note_jobs()
                return

    async def _follow_health(self) -> None:
        """Learn the engine's nodes whenever it came up."""
        delay = _FIRST_RETRY
        while True:
            self._stirred.clear()
            if self._bench.engine.health().is_up and not self._standing.knows_nodes:
                known = await self._learn_nodes()
                delay = _FIRST_RETRY if known else min(delay * 2, _LONGEST_RETRY)
            self._tell()
            waits = self._bench.engine.health().is_up and not self._standing.knows_nodes
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay if waits else None):
                    await self._stirred.wait()

    async def _learn_nodes(self) -> bool:
        try:
            definitions = await self._bench.engine.object_info()
            await self._workers.learn(self._identity.id, definitions)
        except (AppError, OSError) as error:
            self._standing.health = Health(HealthStatus.DOWN, str(error))
            return False
        self._standing.health = self._bench.engine.health()
        self._standing.knows_nodes = self._standing.health.is_up
        return True

    async def _claim_forever(self) -> None:
        while True:
            await self._open.wait()
            try:
                await self._fill()
            except AppError as error:
                _log.warning("cannot claim jobs: %s", error.message)
                await asyncio.sleep(_IDLE_POLL)

    async def _fill(self) -> None:
        room = self._slots - len(self._running)
        claimed = await self._claim(room) if room > 0 else []
        for assignment in claimed:
            self._begin(assignment)
        self._note_jobs()
        if len(self._running) >= self._slots:
            tasks = [each.task for each in self._running.values()]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        elif not claimed:
            await self._bench.queue.wait_for_work(_IDLE_POLL)

    async def _claim(self, room: int) -> list[Assignment]:
        elsewhere = self._workers.is_another_up(self._identity.id)
        return await self._bench.queue.claim(self._identity.id, room, spare_failed=elsewhere)

    def _begin(self, assignment: Assignment) -> None:
        attempt = Attempt(self._bench, assignment)
        generation = 0 if self._owner is None else self._owner.generation
        task = asyncio.create_task(self._see_through(attempt, generation))
        self._running[assignment.job.id] = _Running(attempt, task)
        task.add_done_callback(functools.partial(self._ended, assignment.job.id))

    async def _see_through(self, attempt: Attempt, generation: int) -> None:
        failure = await attempt.run()
        if failure is not None:
            await self._remedy(failure, generation)

    async def _remedy(self, failure: Failure, generation: int) -> None:
        """Make the worker fit for its next job. The attempt's slot is taken until then.

        `generation`: of the engine's process that ran the attempt.
        """
        match RULES[failure.kind].remedy:
            case WorkerRemedy.NOTHING:
                return
            case WorkerRemedy.FREE_MEMORY:
                try:
                    await self._free(unload_models=True, free_memory=True)
                except AppError as error:
                    _log.warning("%s cannot free memory: %s", self._identity.id, error.message)
            case WorkerRemedy.QUARANTINE:
                self._standing.fault = failure.message
                self._tell()
                await self._start_anew(generation, failure.message)
            case WorkerRemedy.RESTART:
                await self._start_anew(generation, failure.message)
            case never:
                assert_never(never)

    async def _start_anew(self, generation: int, why: str) -> None:
        # Without a process of our own, the engine's health keeps a hanging one out.
        if self._owner is not None:
            await self._owner.restart(generation, why)

    def _ended(self, job_id: JobId, task: asyncio.Task[None]) -> None:
        if job_id in self._running and self._running[job_id].task is task:
            del self._running[job_id]
        self._note_jobs()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The job keeps its lease until it runs out, and the reaper gives it another try.
            _log.error("the attempt at %s broke", job_id, exc_info=error)

    def _note_jobs(self) -> None:
        self._workers.set_jobs(self._identity.id, tuple(self._running))

    def _hear(self, health: Health) -> None:
        if self._standing.health is None or self._standing.health.status is not health.status:
            _log.info("worker %s is %s %s", self._identity.id, health.status, health.reason)
        self._standing.hear(health)
        self._tell()
        self._stirred.set()
        if health.status is HealthStatus.STALLED and self._owner is not None:
            anew = self._start_anew(self._owner.generation, health.reason)
            self._restarting = asyncio.create_task(anew)

    def _hear_process(self, state: ProcessState) -> None:
        self._standing.hear_process(state)
        self._tell()
        self._stirred.set()

    def _obey(self, order: WorkerOrder) -> None:
        self._standing.obey(order)
        self._tell()

    def _refresh(self) -> None:
        self._standing.knows_nodes = False
        self._stirred.set()

    def _tell(self) -> None:
        status, reason = self._standing.status()
        self._workers.set_status(self._identity.id, status, reason)
        if status is WorkerStatus.UP:
            self._open.set()
        else:
            self._open.clear()

    async def _free(self, *, unload_models: bool, free_memory: bool) -> None:
        await self._bench.engine.free(unload_models=unload_models, free_memory=free_memory)
