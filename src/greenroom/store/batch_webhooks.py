"""The webhook of a batch: counts the jobs that end, and owes one delivery when none is left."""

from typing import Any, cast

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    delete,
    exists,
    insert,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.sql.base import Executable

from greenroom.domain import ids
from greenroom.domain.batch import EndedBatch
from greenroom.domain.clock import Millis
from greenroom.domain.delivery import GIVE_UP_MS, DeliveryStatus
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import TenantId
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.webhook import Webhook, WebhookForm
from greenroom.store.columns import COUNT, INSTANT, NAME
from greenroom.store.dialect import Dialect
from greenroom.store.statement import Statement
from greenroom.store.tables import batch_jobs, batch_webhooks, webhook_deliveries

_b = batch_webhooks
_ENDS = sorted(TERMINAL_STATES)


def attach(  # noqa: PLR0917 - whose, of what, where to, how many, when
    tx: Connection, tenant: TenantId, batch_id: str, webhook: Webhook, jobs: int, now: Millis
) -> None:
    """Before the first of its jobs can end."""
    tx.execute(
        insert(_b).values(
            batch_id=batch_id,
            tenant=tenant,
            url=webhook.url,
            base=webhook.base,
            target=webhook.target,
            created_at=now,
            remaining=jobs,
        )
    )


def count(tx: Connection, change: JobChanged) -> None:
    """A job of the batch has ended.

    The row is locked until the commit, so of two last jobs the second one sees what the first did.
    """
    ended = {state.value: int(state is change.job.state) for state in _ENDS}
    left = _COUNT.row(tx, of_job=change.job.id, now=change.at, **ended)
    if left is not None and left[1] == 0:
        _OWE.run(
            tx,
            batch=left[0],
            delivery=ids.new_delivery_id(),
            now=change.at,
            end=change.at + GIVE_UP_MS,
        )


def ended(tx: Connection, tenant: TenantId, batch_id: str) -> EndedBatch | None:
    """None for a batch that goes on or has no webhook."""
    query = select(_b).where(
        _b.c.batch_id == batch_id, _b.c.tenant == tenant, _b.c.ended_at.is_not(None)
    )
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    counts = {state: cast("int", row[state.value]) for state in _ENDS}
    return EndedBatch(batch_id, counts, row["created_at"], row["ended_at"])


def forget_before(tx: Connection, before: Millis) -> int:
    """Drop the batches that ended before then and whose delivery is gone too; says how many."""
    told = exists().where(webhook_deliveries.c.batch_id == _b.c.batch_id)
    return tx.execute(delete(_b).where(_b.c.ended_at < before, ~told)).rowcount


def _count(_dialect: Dialect) -> Executable:
    batch = select(batch_jobs.c.batch_id).where(
        batch_jobs.c.job_id == bindparam("of_job", type_=NAME)
    )
    counts: dict[str, Any] = {
        state.value: _b.c[state.value] + bindparam(state.value, type_=COUNT) for state in _ENDS
    }
    last = case((_b.c.remaining == 1, bindparam("now", type_=INSTANT)), else_=null())
    return (
        update(_b)
        .where(_b.c.batch_id == batch.scalar_subquery())
        .values(remaining=_b.c.remaining - 1, ended_at=last, **counts)
        .returning(_b.c.batch_id, _b.c.remaining)
    )


def _owe(_dialect: Dialect) -> Executable:
    now = bindparam("now", type_=INSTANT)
    values = {
        "id": bindparam("delivery", type_=NAME),
        "batch_id": _b.c.batch_id,
        "tenant": _b.c.tenant,
        "at": now,
        "url": _b.c.url,
        "form": literal_column(f"'{WebhookForm.JOB.value}'", NAME),
        "base": _b.c.base,
        "target": _b.c.target,
        "status": literal_column(f"'{DeliveryStatus.PENDING.value}'", NAME),
        "next_at": now,
        "give_up_at": bindparam("end", type_=INSTANT),
    }
    source = select(*values.values()).where(_b.c.batch_id == bindparam("batch", type_=NAME))
    return insert(webhook_deliveries).from_select(list(values), source)


_COUNT = Statement(_count)
_OWE = Statement(_owe)
