"""What a job was submitted with: apart from the row that lists read."""

import json
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Column, Connection, bindparam, insert, select, update

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.record import Payload
from greenroom.store.columns import BYTES, NAME
from greenroom.store.statement import Row, Statement
from greenroom.store.tables import job_payloads

COLUMNS: tuple[Column[object], ...] = (
    job_payloads.c.prompt,
    job_payloads.c.graph,
    job_payloads.c.extra_data,
    job_payloads.c.outputs_to_execute,
    job_payloads.c.digest,
)
WIDTH = len(COLUMNS)

_STORE = Statement(
    lambda _dialect: insert(job_payloads).values(
        job_id=bindparam("job_id"),
        tenant=bindparam("tenant"),
        prompt=bindparam("prompt"),
        graph=bindparam("graph"),
        extra_data=bindparam("extra_data"),
        outputs_to_execute=bindparam("outputs"),
        digest=bindparam("digest"),
    )
)
_SET_GRAPH = Statement(
    lambda _dialect: (
        update(job_payloads)
        .where(job_payloads.c.job_id == bindparam("of_job", type_=NAME))
        .values(graph=bindparam("graph", type_=BYTES))
    )
)
_OF_JOB = Statement(
    lambda _dialect: select(*COLUMNS).where(
        job_payloads.c.job_id == bindparam("job_id", type_=NAME)
    )
)


def payload(row: Row) -> Payload:
    """The payload in the first WIDTH places of a row."""
    return Payload(
        prompt=cast("bytes", row[0]),
        graph=cast("bytes | None", row[1]),
        extra_data=cast("bytes", row[2]),
        outputs=tuple(cast("Sequence[str]", json.loads(cast("bytes", row[3])))),
        digest=cast("str", row[4]),
    )


def store(
    tx: Connection,
    *,
    job_id: JobId,
    tenant: TenantId,
    prompt: bytes,
    graph: bytes | None,
    extra_data: bytes,
    outputs: bytes,
    digest: str,
) -> None:
    _STORE.run(
        tx,
        job_id=job_id,
        tenant=tenant,
        prompt=prompt,
        graph=graph,
        extra_data=extra_data,
        outputs=outputs,
        digest=digest,
    )


def set_graph(tx: Connection, job_id: JobId, graph: bytes) -> None:
    """What runs, from now on; what was sent stays."""
    _SET_GRAPH.run(tx, of_job=job_id, graph=graph)


def of_job(tx: Connection, job_id: JobId) -> Payload:
    """The payload of a job that is known to exist."""
    row = _OF_JOB.row(tx, job_id=job_id)
    if row is None:
        raise RuntimeError(f"job {job_id} has no payload")
    return payload(row)


def digest(tx: Connection, job_id: JobId) -> str:
    return of_job(tx, job_id).digest
