"""The outbox: every change of a job, in order, until it is trimmed."""

from typing import cast

from sqlalchemy import Connection, bindparam, delete, func, literal_column, select, tuple_
from sqlalchemy.sql.base import Executable

from greenroom.domain.clock import Millis
from greenroom.domain.event import JobChanged
from greenroom.domain.job import Job, JobEvent
from greenroom.store import job_rows, webhooks
from greenroom.store.columns import COUNT, INSTANT, NAME
from greenroom.store.dialect import Dialect, Settled, TransactionId, insert
from greenroom.store.statement import Row, Statement
from greenroom.store.tables import events

_CHANGES = [literal_column(f"'{event.value}'", NAME) for event in JobEvent]
"""The log holds notices of other kinds too."""


def _append(dialect: Dialect) -> Executable:
    return (
        insert(dialect, events)
        .values(
            xid=TransactionId(),
            tenant=bindparam("tenant"),
            job_id=bindparam("job_id"),
            event=bindparam("event"),
            at=bindparam("at"),
            job=bindparam("job"),
        )
        .returning(events.c.id)
    )


def _after(_dialect: Dialect) -> Executable:
    cursor = bindparam("cursor", type_=INSTANT)
    cursor_xid = select(events.c.xid).where(events.c.id == cursor).scalar_subquery()
    return (
        select(events.c.id, events.c.event, events.c.at, events.c.job)
        .where(tuple_(events.c.xid, events.c.id) > tuple_(func.coalesce(cursor_xid, 0), cursor))
        .where(Settled(events.c.xid))
        .where(events.c.event.in_(_CHANGES))
        .order_by(events.c.xid, events.c.id)
        .limit(bindparam("limit", type_=COUNT))
    )


_APPEND = Statement(_append)
_AFTER = Statement(_after)


def append(tx: Connection, event: JobEvent, row: Row, at: Millis) -> JobChanged:
    """Write down that the job, now as in `row`, changed. Only a transition calls this.

    Where the job has a webhook, the delivery is owed from now on.
    """
    job = job_rows.job(row)
    stored = _APPEND.row(
        tx, tenant=job.tenant, job_id=job.id, event=event, at=at, job=job_rows.snapshot(row)
    )
    if stored is None:
        raise RuntimeError("an insert returned no row")
    change = JobChanged(id=cast("int", stored[0]), event=event, job=job, at=at)
    webhooks.note(tx, change)
    return change


def after(tx: Connection, cursor: int, limit: int) -> list[JobChanged]:
    """The changes that follow the one with the id `cursor`, oldest first; 0 starts at the first.

    Pass the id of the last change of a page to get the next page. The ids of changes that were made
    at the same moment may come out of order; of one job's changes, the one with the highest id is
    the newest.
    """
    return [
        JobChanged(
            id=cast("int", row[0]),
            event=JobEvent(cast("str", row[1])),
            at=cast("Millis", row[2]),
            job=job_rows.from_snapshot(cast("str", row[3])),
        )
        for row in _AFTER.rows(tx, cursor=cursor, limit=limit)
    ]


def job_at(tx: Connection, change_id: int) -> Job | None:
    """The job right after a change; None when that was trimmed."""
    found: str | None = tx.execute(select(events.c.job).where(events.c.id == change_id)).scalar()
    return None if found is None else job_rows.from_snapshot(found)


def last_id(tx: Connection) -> int:
    """A cursor behind everything that after() would give now; 0 when there is nothing."""
    newest = (
        select(events.c.id)
        .where(Settled(events.c.xid))
        .order_by(events.c.xid.desc(), events.c.id.desc())
        .limit(1)
    )
    return tx.execute(newest).scalar() or 0


def trim_before(tx: Connection, before: Millis) -> int:
    """Forget the changes made before then; says how many. The newest one stays."""
    kept = select(events.c.id).where(events.c.at >= before).order_by(events.c.id).limit(1)
    first: int | None = tx.execute(kept).scalar()
    return trim(tx, last_id(tx) if first is None else first)


def trim(tx: Connection, before_id: int) -> int:
    """Forget the changes below `before_id`; says how many. Keep the row of a cursor in use."""
    return tx.execute(delete(events).where(events.c.id < before_id)).rowcount
