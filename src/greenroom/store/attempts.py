"""The tries of a job, one row each. Begun and ended by transitions only."""

from typing import cast

from sqlalchemy import Connection, bindparam, func, insert, select, update

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId, WorkerId
from greenroom.domain.job import Attempt, JobEvent
from greenroom.domain.json import JsonObject
from greenroom.store import job_rows
from greenroom.store.columns import INSTANT, NAME
from greenroom.store.statement import Statement
from greenroom.store.tables import attempts

_NEXT_NUMBER = (
    select(func.coalesce(func.max(attempts.c.number), 0) + 1)
    .where(attempts.c.job_id == bindparam("job_id", type_=NAME))
    .scalar_subquery()
)
_BEGIN = Statement(
    lambda _dialect: (
        insert(attempts)
        .values(
            job_id=bindparam("job_id", type_=NAME),
            number=_NEXT_NUMBER,
            tenant=bindparam("tenant"),
            worker=bindparam("worker"),
            started_at=bindparam("now"),
        )
        .returning(attempts.c.number)
    )
)
_END = Statement(
    lambda _dialect: (
        update(attempts)
        .where(attempts.c.job_id == bindparam("of_job", type_=NAME), attempts.c.ended_at.is_(None))
        .values(
            ended_at=bindparam("now", type_=INSTANT),
            outcome=bindparam("event"),
            error=bindparam("failure"),
        )
    )
)


def begin(tx: Connection, job_id: JobId, tenant: TenantId, worker: WorkerId, now: Millis) -> int:
    """The number of the new attempt."""
    row = _BEGIN.row(tx, job_id=job_id, tenant=tenant, worker=worker, now=now)
    if row is None:
        raise RuntimeError("an insert returned no row")
    return cast("int", row[0])


def end(
    tx: Connection, job_id: JobId, event: JobEvent, now: Millis, error: JsonObject | None
) -> None:
    """Close the open attempt, if there is one."""
    _END.run(tx, of_job=job_id, event=event, now=now, failure=job_rows.json_text(error))


def of_job(tx: Connection, tenant: TenantId, job_id: JobId) -> list[Attempt]:
    """Every attempt, the first one first."""
    query = (
        select(attempts)
        .where(attempts.c.job_id == job_id, attempts.c.tenant == tenant)
        .order_by(attempts.c.number)
    )
    return [
        Attempt(
            job_id=JobId(row.job_id),
            number=row.number,
            worker=WorkerId(row.worker),
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=None if row.outcome is None else JobEvent(row.outcome),
            error=job_rows.json_object(row.error),
        )
        for row in tx.execute(query)
    ]
