"""The latest progress snapshot of a job."""

from typing import cast

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.sql.base import Executable

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId
from greenroom.store.columns import NAME
from greenroom.store.dialect import Dialect, insert
from greenroom.store.statement import Statement
from greenroom.store.tables import progress


def _save(dialect: Dialect) -> Executable:
    given = insert(dialect, progress).values(
        job_id=bindparam("job_id"),
        tenant=bindparam("tenant"),
        snapshot=bindparam("snapshot"),
        at=bindparam("at"),
    )
    return given.on_conflict_do_update(
        index_elements=["job_id"],
        set_={"snapshot": given.excluded.snapshot, "at": given.excluded.at},
    )


_SAVE = Statement(_save)
_GET = Statement(
    lambda _dialect: select(progress.c.snapshot).where(
        progress.c.job_id == bindparam("job_id", type_=NAME),
        progress.c.tenant == bindparam("tenant", type_=NAME),
    )
)


def save(tx: Connection, tenant: TenantId, job_id: JobId, snapshot: bytes, at: Millis) -> None:
    """Replace the snapshot, JSON in UTF-8."""
    _SAVE.run(tx, job_id=job_id, tenant=tenant, snapshot=snapshot, at=at)


def get(tx: Connection, tenant: TenantId, job_id: JobId) -> bytes | None:
    row = _GET.row(tx, job_id=job_id, tenant=tenant)
    return None if row is None else cast("bytes", row[0])
