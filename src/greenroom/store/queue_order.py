"""The order of waiting jobs, as people rearrange it."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import JobState
from greenroom.store.columns import word
from greenroom.store.tables import jobs


def place(tx: Connection, tenant: TenantId, ids: Sequence[JobId], before: JobId | None) -> int:
    """Move waiting jobs, in the given order, before another one or, with None, to the front.

    Says how many were moved; those that do not wait any more stay where they are.
    """
    waits = (jobs.c.tenant == tenant, jobs.c.state == word(JobState.QUEUED))
    target = None
    if before is not None:
        target = tx.execute(select(jobs.c.number).where(*waits, jobs.c.id == before)).scalar()
    others = jobs.c.id.not_in(ids)
    if target is None:
        first = tx.execute(select(func.min(jobs.c.number)).where(*waits, others)).scalar()
        low, high = (first or 0.0) - len(ids) - 1, first or 0.0
    else:
        earlier = select(func.max(jobs.c.number)).where(*waits, others, jobs.c.number < target)
        low, high = tx.execute(earlier).scalar(), target
        low = high - len(ids) - 1 if low is None else low
    step = (high - low) / (len(ids) + 1)
    return sum(
        _set_number(tx, (*waits, jobs.c.id == job_id), low + step * (index + 1))
        for index, job_id in enumerate(ids)
    )


def _set_number(tx: Connection, where: Sequence[ColumnElement[bool]], number: float) -> int:
    return tx.execute(update(jobs).where(*where).values(number=number)).rowcount
