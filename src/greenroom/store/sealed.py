"""Everything that is stored sealed with the server's secret, to be sealed with another one."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from greenroom.domain.ids import JobId, TenantId
from greenroom.store.tables import job_secrets, webhook_secrets


@dataclass(frozen=True, slots=True)
class Sealed:
    of: JobId | str
    """The job, or the id of a webhook's secret."""
    owner: str
    """For whom it was sealed."""
    text: bytes


def owner_of_webhooks(tenant: TenantId) -> str:
    return f"webhooks of {tenant}"


def every(tx: Connection) -> list[Sealed]:
    of_jobs = tx.execute(select(job_secrets.c.job_id, job_secrets.c.sealed))
    of_webhooks = tx.execute(
        select(webhook_secrets.c.id, webhook_secrets.c.tenant, webhook_secrets.c.sealed)
    )
    return [
        *(Sealed(JobId(job_id), job_id, text) for job_id, text in of_jobs),
        *(Sealed(id_, owner_of_webhooks(TenantId(t)), text) for id_, t, text in of_webhooks),
    ]


def put(tx: Connection, one: Sealed, text: bytes | None) -> None:
    """Sealed anew; None when nobody can open it any more."""
    for table, key in (
        (job_secrets, job_secrets.c.job_id),
        (webhook_secrets, webhook_secrets.c.id),
    ):
        if text is None:
            tx.execute(delete(table).where(key == one.of))
        else:
            tx.execute(update(table).where(key == one.of).values(sealed=text))
