"""Outputs committed one by one while their job runs."""

from sqlalchemy import Connection, bindparam, func, insert, select

from greenroom.domain.ids import JobId, TenantId
from greenroom.store.columns import NAME
from greenroom.store.statement import Statement
from greenroom.store.tables import job_outputs

_NEXT = (
    select(func.coalesce(func.max(job_outputs.c.position) + 1, 0))
    .where(job_outputs.c.job_id == bindparam("job_id", type_=NAME))
    .scalar_subquery()
)
_APPEND = Statement(
    lambda _dialect: insert(job_outputs).values(
        job_id=bindparam("job_id", type_=NAME),
        position=_NEXT,
        tenant=bindparam("tenant"),
        node_id=bindparam("node_id"),
        output=bindparam("output"),
    )
)


def append(tx: Connection, tenant: TenantId, job_id: JobId, node_id: str, output: bytes) -> None:
    """Keep one node's `ui` object, as JSON in UTF-8. The caller has checked the lease."""
    _APPEND.run(tx, job_id=job_id, tenant=tenant, node_id=node_id, output=output)
