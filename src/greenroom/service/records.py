"""The history that people keep: jobs with what they were made of and what came out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.domain.browse import JobSearch, Place
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.principal import Principal
from greenroom.domain.recipe import JobRecord
from greenroom.domain.record import JobDetail
from greenroom.domain.workflow.output_folder import is_folder_name
from greenroom.service.assets import Assets
from greenroom.service.jobs import Jobs
from greenroom.service.watch import Subscription, Watch
from greenroom.store import browse, recipes, results
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database

_LONGEST_STOP_S = 30.0
"""How long a deletion waits for a running job to stop."""


@dataclass(frozen=True, slots=True)
class ActiveRecords:
    running: list[JobRecord]
    waiting: list[JobRecord]


class Records:
    def __init__(self, database: Database, watch: Watch, jobs: Jobs, assets: Assets) -> None:
        self._db = database
        self._watch = watch
        self._jobs = jobs
        self._assets = assets

    async def page(
        self, principal: Principal, search: JobSearch, before: JobId | None, limit: int
    ) -> Sequence[JobRecord]:
        """The newest first, those older than the job `before`. NOT_FOUND when that is unknown."""

        def read(tx: Connection) -> list[JobRecord]:
            after = _place(tx, principal.tenant, before)
            return _records(
                tx, principal.tenant, browse.job_page(tx, principal.tenant, search, after, limit)
            )

        return await self._db.read(read)

    async def get(self, principal: Principal, job_id: JobId) -> JobRecord:
        """NOT_FOUND."""

        def read(tx: Connection) -> JobRecord | None:
            found = job_rows.details(tx, principal.tenant, job_id)
            return None if found is None else _records(tx, principal.tenant, [found])[0]

        record = await self._db.read(read)
        if record is None:
            raise AppError(ErrorCode.NOT_FOUND, "Job not found")
        return record

    async def active(self, principal: Principal, limit: int) -> ActiveRecords:
        """What runs, and the first of what waits."""

        def read(tx: Connection) -> ActiveRecords:
            waiting, _ = browse.waiting(tx, principal.tenant, limit)
            running = browse.running(tx, principal.tenant)
            return ActiveRecords(
                _records(tx, principal.tenant, running), _records(tx, principal.tenant, waiting)
            )

        return await self._db.read(read)

    async def delete(self, principal: Principal, job_ids: Sequence[JobId]) -> list[JobId]:
        """Forget the jobs and remove their own folders; those that run are stopped first.

        A file that another job shows too stays, and its folder with it.
        Gives the deleted ones; unknown ones, and those that do not stop in time, are left out.
        """
        wanted = list(dict.fromkeys(job_ids))
        for job_id in wanted:
            await self._jobs.cancel(principal, job_id)
        return [job_id for job_id in wanted if await self._delete(principal, job_id)]

    async def remove_finished(self, principal: Principal, job_id: JobId) -> None:
        """Forget a job that has ended and every file that it made; one that goes on stays.

        NOT_FOUND. IN_USE, and nothing removed, when another job needs one of the files.
        """
        job = await self._jobs.get(principal, job_id)
        if job is None:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
        if job.state not in TERMINAL_STATES:
            return
        await self._assets.delete_free(principal, job_id)
        await self._jobs.delete(principal, [job_id])

    async def _delete(self, principal: Principal, job_id: JobId) -> bool:
        with self._watch.follow(principal, job_id) as changes:
            job = await self._jobs.get(principal, job_id)
            if job is None:
                return False
            if job.state not in TERMINAL_STATES and not await _ended(changes):
                return False
        recipe = await self._db.read(lambda tx: recipes.get(tx, principal.tenant, job_id))
        if not await self._jobs.delete(principal, [job_id]):
            return False
        if recipe is not None and is_folder_name(recipe.output_dir):
            await self._assets.delete_folder_of(principal, job_id, recipe.output_dir)
        return True


async def _ended(changes: Subscription) -> bool:
    try:
        async with asyncio.timeout(_LONGEST_STOP_S):
            async for change in changes:
                if isinstance(change, JobChanged) and change.job.state in TERMINAL_STATES:
                    return True
    except TimeoutError:
        pass
    return False


def _place(tx: Connection, tenant: TenantId, before: JobId | None) -> Place | None:
    if before is None:
        return None
    job = job_rows.get(tx, tenant, before)
    if job is None:
        raise AppError(ErrorCode.NOT_FOUND, f"There is no job {before}.")
    return Place(job.created_at, str(job.seq))


def _records(tx: Connection, tenant: TenantId, details: Sequence[JobDetail]) -> list[JobRecord]:
    ids = [detail.job.id for detail in details]
    made_of = recipes.of_jobs(tx, tenant, ids)
    outputs = results.outputs_of_jobs(tx, ids)
    return [
        JobRecord(d.job, d.payload, outputs.get(d.job.id), made_of.get(d.job.id)) for d in details
    ]
