"""The webhook of a job, and the deliveries that its changes owe. Only transitions write these."""

from sqlalchemy import Connection, bindparam, insert, literal_column, select
from sqlalchemy.sql.base import Executable

from greenroom.domain import ids
from greenroom.domain.delivery import GIVE_UP_MS, DeliveryStatus, concerns
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.webhook import Webhook
from greenroom.store.columns import INSTANT, NAME
from greenroom.store.dialect import Dialect
from greenroom.store.statement import Statement
from greenroom.store.tables import job_webhooks, webhook_deliveries

PENDING = literal_column(f"'{DeliveryStatus.PENDING.value}'", NAME)
"""A planner matches a partial index only when it sees the value."""


def attach(tx: Connection, tenant: TenantId, job_id: JobId, webhook: Webhook) -> None:
    _ATTACH.run(
        tx,
        job_id=job_id,
        tenant=tenant,
        url=webhook.url,
        form=webhook.form.value,
        base=webhook.base,
        target=webhook.target,
    )


def note(tx: Connection, change: JobChanged) -> None:
    """Owe the delivery of a change, when the job has a webhook that is told of it."""
    job = change.job
    if job.webhook is None or not concerns(job.webhook, job.state):
        return
    _OWE.run(
        tx,
        delivery=ids.new_delivery_id(),
        of_job=job.id,
        told=job.state.value,
        change=change.id,
        now=change.at,
        end=change.at + GIVE_UP_MS,
    )


def _owe(_dialect: Dialect) -> Executable:
    now = bindparam("now", type_=INSTANT)
    values = {
        "id": bindparam("delivery", type_=NAME),
        "job_id": job_webhooks.c.job_id,
        "tenant": job_webhooks.c.tenant,
        "job_state": bindparam("told", type_=NAME),
        "change_id": bindparam("change", type_=INSTANT),
        "at": now,
        "target": job_webhooks.c.target,
        "status": PENDING,
        "next_at": now,
        "give_up_at": bindparam("end", type_=INSTANT),
    }
    source = select(*values.values()).where(
        job_webhooks.c.job_id == bindparam("of_job", type_=NAME)
    )
    return insert(webhook_deliveries).from_select(list(values), source)


_ATTACH = Statement(
    lambda _dialect: insert(job_webhooks).values(
        {column.name: bindparam(column.name) for column in job_webhooks.c}
    )
)
_OWE = Statement(_owe)
