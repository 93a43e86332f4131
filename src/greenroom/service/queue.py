"""What a worker may do: claim jobs, keep its lease, hand in outputs, and say how a run ended."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain import output, retry
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged, JobRan, JobReady
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.job import Job, JobEvent, JobState
from greenroom.domain.json import JsonObject, compact
from greenroom.domain.lease import Lease, lease_end
from greenroom.domain.progress import begin
from greenroom.domain.run import RunEvent
from greenroom.service.policy import Policy
from greenroom.service.running_limits import RunningLimits
from greenroom.service.scheduler import Scheduler
from greenroom.service.vault import Vault
from greenroom.service.watch import Watch
from greenroom.store import attempts, jobs, leases, payloads, results, transitions
from greenroom.store.database import Database

_REAP_BATCH = 100
_EVERY = 1_000_000
"""More than can run at once."""
_ROUNDS = 3
"""How often a worker that finds its jobs taken by another server asks for others."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A job that a worker has claimed, with all it needs to run it."""

    job: Job
    lease: Lease
    attempt: int
    graph: JsonObject
    outputs: tuple[str, ...]
    extra_data: JsonObject
    resumed: bool = False
    """Whether the attempt was begun by a server that has ended since."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run leaves behind, however it ended.

    `outputs` and `meta` are as in ComfyUI's history; `messages` its status messages.
    """

    outputs: Mapping[str, JsonObject]
    meta: Mapping[str, JsonObject]
    messages: Sequence[tuple[str, JsonObject]]

    def as_outcome(self, error: JsonObject | None = None) -> transitions.Outcome:
        summary = output.summarize(self.outputs)
        return transitions.Outcome(
            error=error,
            outputs=compact(self.outputs).encode(),
            meta=compact(self.meta).encode(),
            messages=compact(self.messages).encode(),
            outputs_count=summary.count,
            previewable_outputs_count=summary.previewable,
            preview_output=summary.preview,
        )


class Queue:
    def __init__(  # noqa: PLR0917 - what it works with; scheduler and vault may be absent
        self,
        database: Database,
        bus: Bus,
        watch: Watch,
        policy: Policy,
        vault: Vault | None = None,
        scheduler: Scheduler | None = None,
        *,
        limits: RunningLimits | None = None,
    ) -> None:
        """Without a scheduler, jobs go to whoever asks, first in, first out, without limits."""
        self._db = database
        self._bus = bus
        self._watch = watch
        self._policy = policy
        self._vault = vault
        self._scheduler = scheduler
        self._limits = limits
        self._work = asyncio.Event()
        bus.listen(self._hear)

    async def claim(
        self, worker: WorkerId, limit: int = 1, *, spare_failed: bool = False
    ) -> list[Assignment]:
        """The next jobs for this worker, at most `limit`; each is its own until the lease ends.

        With `spare_failed`, jobs that should be tried elsewhere after they failed here are left.
        """
        if self._scheduler is None:
            return await self._claim(worker, limit, None, spare_failed=spare_failed)
        claimed: list[Assignment] = []
        for _ in range(_ROUNDS):
            chosen = await self._scheduler.choose(worker, limit - len(claimed))
            if not chosen:
                break
            got: list[Assignment] = []
            try:
                got = await self._claim(worker, len(chosen), chosen)
            finally:
                self._scheduler.settle(chosen, {one.job.id for one in got})
            claimed += got
            if len(claimed) >= limit:
                break
        return claimed

    async def _claim(
        self,
        worker: WorkerId,
        limit: int,
        only: Sequence[JobId] | None,
        *,
        spare_failed: bool = False,
    ) -> list[Assignment]:
        now = self._db.clock.now()

        def write(tx: Connection) -> list[tuple[transitions.Claimed, JsonObject]]:
            lease_ms = self._policy.lease_ms
            these = only
            if only is not None and self._limits is not None:
                these = self._limits.admitted(tx, only)
                if not these:
                    return []
            claimed = transitions.claim(
                tx, worker, limit, lease_ms, now, these, spare_failed=spare_failed
            )
            return [(entry, self._secrets(tx, entry.change.job)) for entry in claimed]

        return [self._assign(*entry) for entry in await self._db.write(write)]

    async def take_up(self, worker: WorkerId) -> list[Assignment]:
        """What the worker ran when its server ended: the same attempts, with leases of their own.

        What they had stored is forgotten; their engine tells it again.
        """
        until = lease_end(self._db.clock.now(), self._policy.lease_ms)

        def write(tx: Connection) -> list[Assignment]:
            return [self._resume(tx, job) for job in leases.take_over(tx, worker, until)]

        taken = await self._db.write(write)
        for assignment in taken:
            self._begin_watching(assignment.job, assignment.graph, assignment.outputs)
        return taken

    async def wait_for_work(self, longest: float) -> None:
        """Return when a job may have become ready, after `longest` seconds at the latest."""
        try:
            async with asyncio.timeout(longest):
                await self._work.wait()
        except TimeoutError:
            return
        self._work.clear()

    async def extend(self, assignment: Assignment) -> JobState:
        """Prolong the lease; the state tells whether a cancel was asked for. LEASE_LOST."""
        now = self._db.clock.now()
        until = lease_end(now, self._policy.lease_ms)
        extended = await self._db.write(
            lambda tx: leases.extend(tx, assignment.lease.token, assignment.job.id, until, now)
        )
        if extended is None:
            raise _lost(assignment)
        return extended.state

    def report(self, assignment: Assignment, event: RunEvent) -> None:
        """Tell whoever watches what happens in the run."""
        job = assignment.job
        now = self._db.clock.now()
        self._bus.publish(JobRan(job.id, job.tenant, job.client_id, assignment.attempt, now, event))

    async def succeed(self, assignment: Assignment, ending: Ending) -> Job:
        """The run ended well and its outputs are stored. LEASE_LOST."""
        return await self._move(assignment, JobEvent.SUCCEED, ending.as_outcome())

    async def stopped(self, assignment: Assignment, ending: Ending) -> Job:
        """The run was stopped because a cancel was asked for. LEASE_LOST."""
        return await self._move(assignment, JobEvent.STOPPED, ending.as_outcome())

    async def release(self, assignment: Assignment) -> Job:
        """Give the job back untouched: the worker goes away. LEASE_LOST."""
        return await self._move(
            assignment, JobEvent.RELEASE, transitions.Outcome(count_attempt=False)
        )

    async def fail(self, assignment: Assignment, failure: Failure, ending: Ending) -> Job:
        """The run ended badly; the retry rules say what becomes of the job. LEASE_LOST."""
        job = assignment.job
        lost = failure.kind is FailureClass.WORKER_LOST
        event = retry.verdict(failure.kind, job.attempt, job.lost_workers + lost)
        if event is JobEvent.RETRY:
            outcome = transitions.Outcome(
                error=failure.as_json(),
                not_before=self._retry_at(failure.kind, job.attempt),
                lost_worker=lost,
            )
        else:
            outcome = ending.as_outcome(failure.as_json())
        return await self._move(assignment, event, outcome)

    async def recover(
        self, kept: Collection[WorkerId] = (), *, alone: bool = True, stall: bool = False
    ) -> None:
        """At the start of a server: see to the jobs that ran when the last one ended.

        Jobs of the workers `kept` wait for these to take them up. When the server is `alone`, the
        other workers died with its predecessor, and their jobs are tried again. With `stall`, none
        of these jobs runs again, nor any that waited: all are lost.
        """
        now = self._db.clock.now()
        if stall:
            await self._changed(lambda tx: self._stall_all(tx, kept, now, alone=alone))
            return
        until = lease_end(now, self._policy.lease_ms)

        def write(tx: Connection) -> None:
            leases.prolong(tx, kept, until)
            if alone:
                leases.expire_all(tx, now, kept)

        await self._db.write(write)
        while alone and await self.reap():
            pass

    async def reap(self) -> list[Job]:
        """Retry or give up the jobs whose lease ran out; gives those that were changed."""
        now = self._db.clock.now()

        def write(tx: Connection) -> list[JobChanged | None]:
            return [self._give_up(tx, job, now) for job in leases.expired(tx, now, _REAP_BATCH)]

        return await self._changed(write)

    async def give_up_late(self) -> list[Job]:
        """Expire the jobs that should have begun by now; gives those that were."""
        now = self._db.clock.now()

        def write(tx: Connection) -> list[JobChanged | None]:
            late = jobs.late_ids(tx, now, _REAP_BATCH)
            return [transitions.move(tx, job, JobEvent.EXPIRE, now) for job in late]

        return await self._changed(write)

    async def _changed(self, write: Callable[[Connection], list[JobChanged | None]]) -> list[Job]:
        """Commit and publish what `write` changed."""
        changes = [change for change in await self._db.write(write) if change is not None]
        for change in changes:
            self._bus.publish(change)
        return [change.job for change in changes]

    def _give_up(self, tx: Connection, job: Job, now: Millis) -> JobChanged | None:
        event = retry.verdict(FailureClass.WORKER_LOST, job.attempt, job.lost_workers + 1)
        failure = Failure(FailureClass.WORKER_LOST, f"The worker {job.worker} stopped answering.")
        outcome = transitions.Outcome(error=failure.as_json(), lost_worker=True)
        return transitions.move(tx, job.id, event, now, outcome=outcome)

    def _stall_all(
        self, tx: Connection, mine: Collection[WorkerId], now: Millis, *, alone: bool
    ) -> list[JobChanged | None]:
        if alone:
            leases.expire_all(tx, now)
            running = leases.expired(tx, now, limit=_EVERY)
            waiting = jobs.waiting_ids(tx)
        else:
            running = [job for worker in mine for job in leases.take_over(tx, worker, now)]
            waiting = []
        ran = _stalled("ran", lost_worker=True)
        waited = _stalled("waited", lost_worker=False)
        return [
            *(transitions.move(tx, job.id, JobEvent.LOSE, now, outcome=ran) for job in running),
            *(transitions.move(tx, job, JobEvent.STALL, now, outcome=waited) for job in waiting),
        ]

    def _resume(self, tx: Connection, job: Job) -> Assignment:
        stored = payloads.of_job(tx, job.id)
        results.forget_partial(tx, job.id)
        if job.lease is None or job.lease_until is None:
            raise RuntimeError(f"job {job.id} runs without a lease")
        return Assignment(
            job=job,
            lease=Lease(job.id, job.lease, job.lease_until),
            attempt=attempts.open_number(tx, job.id),
            graph=json.loads(stored.to_run),
            outputs=stored.outputs,
            extra_data={**json.loads(stored.extra_data), **self._secrets(tx, job)},
            resumed=True,
        )

    async def _move(
        self, assignment: Assignment, event: JobEvent, outcome: transitions.Outcome
    ) -> Job:
        now = self._db.clock.now()
        token = assignment.lease.token
        change = await self._db.write(
            lambda tx: transitions.move(
                tx, assignment.job.id, event, now, token=token, outcome=outcome
            )
        )
        if change is None:
            raise _lost(assignment)
        self._bus.publish(change)
        return change.job

    def _secrets(self, tx: Connection, job: Job) -> JsonObject:
        """The keys that came with the job, for its run only."""
        return {} if self._vault is None else self._vault.of_job(tx, job.id)

    def _assign(self, claimed: transitions.Claimed, secrets: JsonObject) -> Assignment:
        job = claimed.change.job
        graph = json.loads(claimed.graph)
        self._bus.publish(claimed.change)
        self._begin_watching(job, graph, claimed.outputs)
        return Assignment(
            job=job,
            lease=claimed.lease,
            attempt=claimed.attempt_number,
            graph=graph,
            outputs=claimed.outputs,
            extra_data={**json.loads(claimed.extra_data), **secrets},
        )

    def _begin_watching(self, job: Job, graph: JsonObject, outputs: tuple[str, ...]) -> None:
        nodes = (node for node in graph.values() if isinstance(node, Mapping))
        snapshot = begin(str(node.get("class_type")) for node in nodes)
        if self._scheduler is not None:
            snapshot = replace(snapshot, ends_at=self._scheduler.follow(job, graph, outputs))
        self._watch.begin(job, snapshot)

    def _retry_at(self, kind: FailureClass, attempt: int) -> Millis | None:
        delay = retry.delay_ms(kind, attempt)
        return Millis(self._db.clock.now() + delay) if delay else None

    def _hear(self, event: object) -> None:
        queued = isinstance(event, JobChanged) and event.job.state is JobState.QUEUED
        if queued or isinstance(event, JobReady):
            self._work.set()


def _stalled(did: str, *, lost_worker: bool) -> transitions.Outcome:
    message = f"The server was restarted while the job {did}."
    failure = Failure(FailureClass.WORKER_LOST, message)
    return transitions.Outcome(error=failure.as_json(), lost_worker=lost_worker)


def _lost(assignment: Assignment) -> AppError:
    return AppError(
        ErrorCode.LEASE_LOST, f"this worker no longer holds the job {assignment.job.id}"
    )
