"""What a job came to: its outputs at the end, or those it had made so far."""

import json
from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import Column, Connection, bindparam, delete, select
from sqlalchemy.sql.base import Executable

from greenroom.domain.ids import JobId
from greenroom.domain.job import Job
from greenroom.domain.record import Result
from greenroom.store.columns import NAME
from greenroom.store.dialect import Dialect, insert
from greenroom.store.statement import Row, Statement
from greenroom.store.tables import job_outputs, job_results, progress

COLUMNS: tuple[Column[object], ...] = (
    job_results.c.outputs,
    job_results.c.meta,
    job_results.c.messages,
)


def _store(dialect: Dialect) -> Executable:
    given = insert(dialect, job_results).values(
        job_id=bindparam("job_id"),
        tenant=bindparam("tenant"),
        outputs=bindparam("outputs"),
        meta=bindparam("meta"),
        messages=bindparam("messages"),
    )
    new = given.excluded
    return given.on_conflict_do_update(
        index_elements=["job_id"],
        set_={"outputs": new.outputs, "meta": new.meta, "messages": new.messages},
    )


_STORE = Statement(_store)
_PARTIAL = Statement(
    lambda _dialect: (
        select(job_outputs.c.node_id, job_outputs.c.output)
        .where(job_outputs.c.job_id == bindparam("job_id", type_=NAME))
        .order_by(job_outputs.c.position)
    )
)


def store(tx: Connection, job: Job, outputs: bytes, meta: bytes, messages: bytes) -> None:
    _STORE.run(tx, job_id=job.id, tenant=job.tenant, outputs=outputs, meta=meta, messages=messages)


def result(row: Row) -> Result | None:
    """The result in the first three places of a row; None when the job has none yet."""
    if row[0] is None:
        return None
    outputs, meta, messages = cast("tuple[bytes, bytes, bytes]", tuple(row[:3]))
    return Result(outputs, meta, messages)


def partial(tx: Connection, job_id: JobId) -> Result | None:
    """The outputs committed so far, as a result; None when there are none."""
    rows = _PARTIAL.rows(tx, job_id=job_id)
    if not rows:
        return None
    return Result(outputs=_folded((cast("str", r[0]), cast("bytes", r[1])) for r in rows))


def outputs_of_jobs(tx: Connection, ids: Sequence[JobId]) -> dict[JobId, bytes]:
    """The outputs of those of the jobs that came to an end with any."""
    query = select(job_results.c.job_id, job_results.c.outputs).where(job_results.c.job_id.in_(ids))
    return {JobId(job_id): outputs for job_id, outputs in tx.execute(query)}


def forget_partial(tx: Connection, job_id: JobId) -> None:
    """A new attempt begins with nothing made."""
    tx.execute(delete(job_outputs).where(job_outputs.c.job_id == job_id))
    tx.execute(delete(progress).where(progress.c.job_id == job_id))


def _folded(outputs: Iterable[tuple[str, bytes]]) -> bytes:
    """One JSON object by node id; the last output of a node counts."""
    by_node = dict(outputs)
    members = (json.dumps(node).encode() + b":" + output for node, output in by_node.items())
    return b"{" + b",".join(members) + b"}"
