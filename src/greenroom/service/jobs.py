"""What a client may do with jobs: look, list, cancel, delete."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain.browse import Place
from greenroom.domain.event import JobChanged, JobDeleted
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import Attempt, Job, JobEvent, JobState
from greenroom.domain.notice import Notice, NoticeKind
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobDetail, JobFilter, JobSort
from greenroom.service.scheduler import Scheduler
from greenroom.service.watch import Watch
from greenroom.store import event_log, job_counts, queue_order, transitions
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database

_BATCH = 500
"""Jobs that are canceled in one transaction."""


@dataclass(frozen=True, slots=True)
class Page:
    jobs: list[Job]
    total: int
    """How many jobs fit the filter, on all pages."""


@dataclass(frozen=True, slots=True)
class JobSlice:
    jobs: list[Job]
    next: Place | None
    """Behind the last of them; None when nothing follows."""


@dataclass(frozen=True, slots=True)
class ActiveJobs:
    """The queue in run order."""

    running: list[JobDetail]
    pending: list[JobDetail]


class Jobs:
    def __init__(
        self, database: Database, bus: Bus, watch: Watch, scheduler: Scheduler | None = None
    ) -> None:
        self._db = database
        self._scheduler = scheduler
        self._bus = bus
        self._watch = watch

    async def get(self, principal: Principal, job_id: JobId) -> Job | None:
        return await self._db.read(lambda tx: job_rows.get(tx, principal.tenant, job_id))

    async def detail(self, principal: Principal, job_id: JobId) -> JobDetail | None:
        """The job with its graph and its outputs."""
        return await self._db.read(lambda tx: job_rows.details(tx, principal.tenant, job_id))

    async def attempts(self, principal: Principal, job_id: JobId) -> list[Attempt]:
        return await self._db.read(lambda tx: job_rows.attempts(tx, principal.tenant, job_id))

    async def page(
        self, principal: Principal, chosen: JobFilter, sort: JobSort = JobSort.CREATED,
        *, descending: bool = True, limit: int | None = None, offset: int = 0,
    ) -> Page:  # fmt: skip
        jobs, total = await self._db.read(
            lambda tx: job_rows.list_page(
                tx, principal.tenant, chosen, sort,
                descending=descending, limit=limit, offset=offset,
            )
        )  # fmt: skip
        return Page(jobs, total)

    async def page_after(
        self, principal: Principal, chosen: JobFilter, after: Place | None,
        *, descending: bool, limit: int,
    ) -> JobSlice:  # fmt: skip
        """The jobs behind a place, in the order of acceptance; they are not counted."""
        found = await self._db.read(
            lambda tx: job_rows.list_after(
                tx, principal.tenant, chosen, after, descending=descending, limit=limit + 1
            )
        )
        page = found[:limit]
        if len(found) <= limit:
            return JobSlice(page, None)
        return JobSlice(page, Place(page[-1].created_at, str(page[-1].seq)))

    async def recent(self, principal: Principal, limit: int, offset: int) -> list[JobDetail]:
        """Finished jobs, the newest first."""
        return await self._db.read(lambda tx: job_rows.recent(tx, principal.tenant, limit, offset))

    async def queue(self, principal: Principal) -> ActiveJobs:
        running, pending = await self._db.read(lambda tx: job_rows.queue(tx, principal.tenant))
        return ActiveJobs(running, pending)

    async def history(
        self, principal: Principal, limit: int | None = None, offset: int | None = None
    ) -> list[JobDetail]:
        """Finished jobs, oldest first.

        `limit` alone gives the newest ones; with `offset` it counts from the oldest.
        """
        return await self._db.read(lambda tx: job_rows.history(tx, principal.tenant, limit, offset))

    async def active_counts(self) -> dict[TenantId, int]:
        """How many jobs of each tenant wait or run, as the database has it."""
        return await self._db.read(job_counts.active)

    def remaining(self, principal: Principal) -> int:
        """How many jobs wait or run."""
        return self._watch.remaining(principal)

    async def cancel(self, principal: Principal, job_id: JobId) -> Job | None:
        """Ask a job to stop: a waiting one is canceled at once, a running one soon.

        None when there was nothing to stop: it is unknown, finished, or being stopped already.
        """
        now = self._db.clock.now()

        def write(tx: Connection) -> JobChanged | None:
            if job_rows.get(tx, principal.tenant, job_id) is None:
                return None
            return transitions.move(tx, job_id, JobEvent.CANCEL, now)

        change = await self._db.write(write)
        if change is None:
            return None
        self._bus.publish(change)
        return change.job

    async def cancel_waiting(
        self, principal: Principal, job_ids: Sequence[JobId] | None = None
    ) -> list[Job]:
        """Cancel those that still wait, all of them when no ids are given; running ones go on."""
        if job_ids is None:
            waiting = JobFilter(states=frozenset({JobState.QUEUED}))
            job_ids = [job.id for job in (await self.page(principal, waiting)).jobs]
        stopped: list[Job] = []
        for start in range(0, len(job_ids), _BATCH):
            batch = job_ids[start : start + _BATCH]
            stopped += await self._cancel_waiting(principal, batch)
        return stopped

    async def _cancel_waiting(self, principal: Principal, job_ids: Sequence[JobId]) -> list[Job]:
        """In one transaction; those that have begun meanwhile go on."""
        now = self._db.clock.now()

        def write(tx: Connection) -> list[JobChanged]:
            known = job_rows.get_many(tx, principal.tenant, job_ids)
            moved = (
                transitions.move(tx, job.id, JobEvent.CANCEL, now)
                for job in known
                if job.state is JobState.QUEUED
            )
            return [change for change in moved if change is not None]

        changes = await self._db.write(write)
        for change in changes:
            self._bus.publish(change)
        return [change.job for change in changes]

    async def place(
        self, principal: Principal, job_ids: Sequence[JobId], before: JobId | None
    ) -> int:
        """Move waiting jobs before another one or, without it, to the front; says how many."""
        moved = await self._db.write(
            lambda tx: queue_order.place(tx, principal.tenant, job_ids, before)
        )
        if self._scheduler is not None:
            self._scheduler.reread(job_ids)
        return moved

    async def delete(self, principal: Principal, job_ids: Sequence[JobId]) -> list[JobId]:
        """Delete finished jobs with all their records; their files stay. Gives those deleted."""
        now = self._db.clock.now()

        def write(tx: Connection) -> list[JobId]:
            gone = job_rows.delete(tx, principal.tenant, job_ids)
            for job_id in gone:
                notice = Notice(NoticeKind.JOB_DELETED, now, {"prompt_id": job_id})
                event_log.note(tx, principal.tenant, notice, job_id)
            return gone

        deleted = await self._db.write(write)
        for job_id in deleted:
            self._bus.publish(JobDeleted(job_id, principal.tenant, now))
        return deleted

    async def clear_history(self, principal: Principal) -> int:
        """Delete every finished job; gives how many."""
        count = 0
        while batch := await self._db.read(
            lambda tx: job_rows.finished_ids(tx, principal.tenant, 1000)
        ):
            count += len(await self.delete(principal, batch))
        return count
