"""The log of everything: changes of jobs and notices, in one order."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, tuple_

from greenroom.domain.clock import Millis
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import JobEvent
from greenroom.domain.notice import Happening, LogEntry, Notice, NoticeKind
from greenroom.store import job_rows
from greenroom.store.dialect import Settled, TransactionId
from greenroom.store.tables import events

_CHANGES = frozenset(event.value for event in JobEvent)


def note(tx: Connection, tenant: TenantId, notice: Notice, job_id: JobId | None = None) -> None:
    """Write a notice down."""
    tx.execute(
        insert(events).values(
            xid=TransactionId(),
            tenant=tenant,
            job_id=job_id or "",
            event=notice.kind.value,
            at=notice.at,
            job=json.dumps(notice.data, ensure_ascii=False, separators=(",", ":")),
        )
    )


def after(
    tx: Connection, cursor: int, limit: int, tenant: TenantId | None = None
) -> list[LogEntry]:
    """What follows the entry with the id `cursor`, oldest first; of every tenant without one."""
    known = select(events.c.xid).where(events.c.id == cursor).scalar_subquery()
    query = (
        _entries(tenant)
        .where(tuple_(events.c.xid, events.c.id) > tuple_(func.coalesce(known, 0), cursor))
        .order_by(events.c.xid, events.c.id)
        .limit(limit)
    )
    return [_entry(row) for row in tx.execute(query)]


def newest(tx: Connection, tenant: TenantId, limit: int) -> list[LogEntry]:
    """The last entries, oldest first."""
    query = _entries(tenant).order_by(events.c.xid.desc(), events.c.id.desc()).limit(limit)
    return [_entry(row) for row in tx.execute(query)][::-1]


def _entries(tenant: TenantId | None) -> Select[tuple[int, str, str, int, str]]:
    query = select(events.c.id, events.c.tenant, events.c.event, events.c.at, events.c.job).where(
        Settled(events.c.xid)
    )
    return query if tenant is None else query.where(events.c.tenant == tenant)


def _entry(row: Sequence[Any]) -> LogEntry:
    entry_id, tenant, event, at, body = row
    return LogEntry(entry_id, TenantId(tenant), _happening(entry_id, event, Millis(at), body))


def _happening(entry_id: int, event: str, at: Millis, body: str) -> Happening:
    if event in _CHANGES:
        return JobChanged(entry_id, JobEvent(event), job_rows.from_snapshot(body), at)
    return Notice(NoticeKind(event), at, json.loads(body))
