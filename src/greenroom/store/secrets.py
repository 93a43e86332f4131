"""Keys that a job's run needs, sealed, until the job ends."""

from typing import cast

from sqlalchemy import Connection, bindparam, delete, insert, select

from greenroom.domain.ids import JobId, TenantId
from greenroom.store.columns import NAME
from greenroom.store.statement import Statement
from greenroom.store.tables import job_secrets

_OF_JOB = Statement(
    lambda _dialect: select(job_secrets.c.sealed).where(
        job_secrets.c.job_id == bindparam("job_id", type_=NAME)
    )
)
_ERASE = Statement(
    lambda _dialect: delete(job_secrets).where(
        job_secrets.c.job_id == bindparam("job_id", type_=NAME)
    )
)


def keep(tx: Connection, tenant: TenantId, job_id: JobId, sealed: bytes) -> None:
    tx.execute(insert(job_secrets).values(job_id=job_id, tenant=tenant, sealed=sealed))


def of_job(tx: Connection, job_id: JobId) -> bytes | None:
    row = _OF_JOB.row(tx, job_id=job_id)
    return None if row is None else cast("bytes", row[0])


def erase(tx: Connection, job_id: JobId) -> None:
    _ERASE.run(tx, job_id=job_id)
