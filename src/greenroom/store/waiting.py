"""What a scheduler reads of the jobs that wait: in queue order, page by page, or by their ids.

Jobs whose inputs are still being fetched are none of its business.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, cast

from sqlalchemy import Connection, and_, bindparam, or_, select

from greenroom.domain import retry
from greenroom.domain.deployment import Labels, hardware_labels
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.job import Job, JobState
from greenroom.domain.record import Payload
from greenroom.store import attempts, input_fetches, job_rows, payloads
from greenroom.store.columns import NAME, word
from greenroom.store.statement import Row
from greenroom.store.tables import batch_jobs, deployments, job_payloads, jobs

Place: TypeAlias = tuple[float, int]
"""(number, seq): where a job stands in the queue."""

_WITH_PAYLOAD = (
    select(*job_rows.COLUMNS, *payloads.COLUMNS, batch_jobs.c.batch_id, deployments.c.hardware)
    .join(job_payloads, job_payloads.c.job_id == jobs.c.id)
    .outerjoin(batch_jobs, batch_jobs.c.job_id == jobs.c.id)
    .outerjoin(deployments, deployments.c.id == jobs.c.deployment_id)
    .where(jobs.c.state == word(JobState.QUEUED), input_fetches.may_begin())
    .where(jobs.c.id.in_(bindparam("ids", type_=NAME, expanding=True)))
)


class Queued(NamedTuple):
    job: Job
    payload: Payload
    avoided: frozenset[WorkerId]
    """Workers on which it failed in a way that asks for another one."""
    in_sweep: bool
    labels: Labels
    """What its worker must carry."""


def page(tx: Connection, after: Place | None, limit: int) -> list[tuple[JobId, Place]]:
    """The next jobs in queue order, those of every tenant."""
    query = (
        select(jobs.c.id, jobs.c.number, jobs.c.seq)
        .where(jobs.c.state == word(JobState.QUEUED), input_fetches.may_begin())
        .order_by(jobs.c.number, jobs.c.seq)
        .limit(limit)
    )
    if after is not None:
        number, seq = after
        behind = and_(jobs.c.number == number, jobs.c.seq > seq)
        query = query.where(or_(jobs.c.number > number, behind))
    rows = tx.execute(query).all()
    return [(JobId(job_id), (float(number), seq)) for job_id, number, seq in rows]


def of_jobs(tx: Connection, ids: Sequence[JobId]) -> list[Queued]:
    """Those of the jobs that wait, in no order."""
    rows = cast("Sequence[Row]", tx.execute(_WITH_PAYLOAD, {"ids": list(ids)}).all())
    found = []
    for row in rows:
        job = job_rows.job(row)
        tried = job.attempt or job.lost_workers
        story = attempts.of_job(tx, job.tenant, job.id) if tried else []
        stored = payloads.payload(row[job_rows.WIDTH :])
        batch_id, hardware = row[job_rows.WIDTH + payloads.WIDTH :]
        labels = hardware_labels(cast("str | None", hardware))
        found.append(Queued(job, stored, retry.avoided(story), batch_id is not None, labels))
    return found
