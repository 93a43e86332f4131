"""The tries of a job, one row each. Begun and ended by transitions only."""

from typing import cast

from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.clock import Millis
from greenroom.domain.failure import RULES, FailureClass
from greenroom.domain.ids import JobId, TenantId, WorkerId
from greenroom.domain.job import Attempt, JobEvent
from greenroom.domain.json import JsonObject
from greenroom.store import job_rows
from greenroom.store.columns import INSTANT, NAME
from greenroom.store.statement import Statement
from greenroom.store.tables import attempts, jobs

_ELSEWHERE = tuple(kind for kind, rule in RULES.items() if rule.elsewhere)
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
) -> bool:
    """Close the open attempt; whether there was one."""
    return _END.run(tx, of_job=job_id, event=event, now=now, failure=job_rows.json_text(error)) > 0


def open_number(tx: Connection, job_id: JobId) -> int:
    """The number of the attempt that is on, of a job that runs."""
    query = select(attempts.c.number).where(
        attempts.c.job_id == job_id, attempts.c.ended_at.is_(None)
    )
    return cast("int", tx.execute(query).scalar_one())


def failed_there(worker: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the job of an enclosing query failed on the worker in a way that asks for another."""
    told = (attempts.c.error.startswith(_error_start(kind)) for kind in _ELSEWHERE)
    return exists().where(attempts.c.job_id == jobs.c.id, attempts.c.worker == worker, or_(*told))


def _error_start(kind: FailureClass) -> str:
    return f'{{"kind":"{kind}"'


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
