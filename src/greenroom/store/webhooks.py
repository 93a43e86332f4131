"""The webhook of a job, and the deliveries that its changes owe. Only transitions write these."""

from typing import cast

from sqlalchemy import Connection, bindparam, insert, literal_column, select
from sqlalchemy.sql.base import Executable

from greenroom.domain import ids
from greenroom.domain.delivery import GIVE_UP_MS, DeliveryStatus, concerns
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.webhook import Webhook, WebhookEvents, WebhookForm
from greenroom.store import batch_webhooks
from greenroom.store.columns import INSTANT, NAME
from greenroom.store.dialect import Dialect
from greenroom.store.statement import Statement
from greenroom.store.tables import job_webhooks, jobs, webhook_deliveries

PENDING = literal_column(f"'{DeliveryStatus.PENDING.value}'", NAME)
"""A planner matches a partial index only when it sees the value."""


def attach(tx: Connection, tenant: TenantId, job_id: JobId, webhook: Webhook) -> None:
    if webhook.events.of_job is None:
        return
    _ATTACH.run(
        tx,
        job_id=job_id,
        tenant=tenant,
        url=webhook.url,
        form=webhook.form.value,
        base=webhook.base,
        target=webhook.target,
    )


def of_job(tx: Connection, tenant: TenantId, job_id: JobId) -> Webhook | None:
    """The job's own, without that of a batch."""
    row = _OF_JOB.row(tx, of_job=job_id, of_tenant=tenant)
    if row is None:
        return None
    url, form, base, told = cast("tuple[str, str, str, str]", row)
    events = WebhookEvents(told).of_job
    return None if events is None else Webhook(url, events, WebhookForm(form), base)


def note(tx: Connection, change: JobChanged) -> None:
    """Owe the delivery of a change, when the job has a webhook that is told of it."""
    job = change.job
    if job.webhook is None:
        return
    if concerns(job.webhook, job.state):
        _owe_change(tx, change)
    if job.webhook.tells_batch and job.state in TERMINAL_STATES:
        batch_webhooks.count(tx, change)


def _owe_change(tx: Connection, change: JobChanged) -> None:
    job = change.job
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
        "url": job_webhooks.c.url,
        "form": job_webhooks.c.form,
        "base": job_webhooks.c.base,
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
_OF_JOB = Statement(
    lambda _dialect: (
        select(job_webhooks.c.url, job_webhooks.c.form, job_webhooks.c.base, jobs.c.webhook)
        .join(jobs, jobs.c.id == job_webhooks.c.job_id)
        .where(job_webhooks.c.job_id == bindparam("of_job", type_=NAME))
        .where(job_webhooks.c.tenant == bindparam("of_tenant", type_=NAME))
    )
)
