"""Deliveries as their owner sees them: pages, one with its tries, targets that rest."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Connection, func, literal_column, or_, select

from greenroom.domain.clock import Millis
from greenroom.domain.delivery import (
    PAUSE_AFTER,
    BatchNews,
    Delivery,
    DeliveryStatus,
    DeliveryTry,
    JobNews,
    RestingTarget,
)
from greenroom.domain.ids import DeliveryId, JobId, TenantId
from greenroom.domain.job import JobState
from greenroom.domain.webhook import WebhookForm
from greenroom.store.columns import NAME
from greenroom.store.tables import (
    webhook_deliveries,
    webhook_targets,
    webhook_tries,
)
from greenroom.store.webhooks import PENDING

_d, _t = webhook_deliveries, webhook_targets
_DELIVERY = (
    "id", "seq", "tenant", "job_id", "job_state", "change_id", "batch_id", "at", "url", "form",
    "base", "target", "status", "tries", "next_at", "ended_at", "last_status", "last_error",
)  # fmt: skip
COLUMNS: tuple[Column[Any], ...] = tuple(_d.c[name] for name in _DELIVERY)
"""What delivery() reads."""


def delivery(row: Any) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        seq=row.seq,
        tenant=TenantId(row.tenant),
        news=_news(row),
        at=row.at,
        url=row.url,
        form=WebhookForm(row.form),
        base=row.base,
        target=row.target,
        status=DeliveryStatus(row.status),
        tries=row.tries,
        next_at=row.next_at,
        ended_at=row.ended_at,
        last_status=row.last_status,
        last_error=row.last_error,
    )


def _news(row: Any) -> JobNews | BatchNews:
    if row.batch_id is not None:
        return BatchNews(row.batch_id)
    return JobNews(JobId(row.job_id), JobState(row.job_state), row.change_id)


def page(
    tx: Connection,
    tenant: TenantId,
    limit: int,
    *,
    status: DeliveryStatus | None = None,
    job_id: JobId | None = None,
    target: str | None = None,
    before: int | None = None,
) -> list[Delivery]:
    """The newest first; `before` is the seq of the last one of the page before."""
    # A job has few: SQLite, which keeps no statistics here, must not walk all of the tenant's.
    own = _d.c.tenant if job_id is None else _d.c.tenant.concat("")
    query = select(*COLUMNS).where(own == tenant)
    if status is not None:
        query = query.where(*_with_status(status))
    if job_id is not None:
        query = query.where(_d.c.job_id == job_id)
    if target is not None:
        query = query.where(_d.c.target == target)
    if before is not None:
        query = query.where(_d.c.seq < before)
    return [delivery(row) for row in tx.execute(query.order_by(_d.c.seq.desc()).limit(limit))]


def _with_status(status: DeliveryStatus) -> list[ColumnElement[bool]]:
    """As literals: a planner takes a partial index only when it sees its condition."""
    chosen = _d.c.status == literal_column(f"'{status.value}'", NAME)
    if status is DeliveryStatus.DELIVERED:
        return [chosen]
    return [chosen, _d.c.status != literal_column(f"'{DeliveryStatus.DELIVERED.value}'", NAME)]


def one(tx: Connection, tenant: TenantId, delivery_id: DeliveryId) -> Delivery | None:
    query = select(*COLUMNS).where(_d.c.tenant == tenant, _d.c.id == delivery_id)
    row = tx.execute(query).first()
    return None if row is None else delivery(row)


def body(tx: Connection, seq: int) -> bytes | None:
    """As it was sent last; None before the first try."""
    return cast("bytes | None", tx.execute(select(_d.c.body).where(_d.c.seq == seq)).scalar())


def tries(tx: Connection, seq: int) -> Sequence[DeliveryTry]:
    """The first one first."""
    c = webhook_tries.c
    query = (
        select(c.number, c.at, c.status, c.latency_ms, c.answer, c.error)
        .where(c.delivery_seq == seq)
        .order_by(c.number)
    )
    return [DeliveryTry(*row) for row in tx.execute(query)]


def counts(tx: Connection, tenant: TenantId, since: Millis) -> dict[DeliveryStatus, int]:
    """Of those that wait, and of those that ended since then."""
    query = (
        select(_d.c.status, func.count())
        .where(_d.c.tenant == tenant, or_(_d.c.status == PENDING, _d.c.ended_at >= since))
        .group_by(_d.c.status)
    )
    return {DeliveryStatus(status): count for status, count in tx.execute(query)}


def resting(tx: Connection, tenant: TenantId, now: Millis) -> list[RestingTarget]:
    """The targets that failed too often, by name."""
    waiting = (
        select(func.count())
        .where(_d.c.status == PENDING, _d.c.target == _t.c.target, _d.c.tenant == tenant)
        .scalar_subquery()
    )
    query = (
        select(_t.c.target, _t.c.failures, _t.c.paused_until, waiting)
        .where(_t.c.tenant == tenant, _t.c.failures >= PAUSE_AFTER, _t.c.paused_until > now)
        .order_by(_t.c.target)
    )
    return [RestingTarget(*row) for row in tx.execute(query)]
