"""Which jobs belong to a batch."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, func, select
from sqlalchemy import insert as insert_into

from greenroom.domain.batch import BatchJob
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import ACTIVE_STATES, JobState
from greenroom.store.columns import words
from greenroom.store.tables import batch_jobs, jobs


def add(tx: Connection, tenant: TenantId, batch_id: str, members: Iterable[BatchJob]) -> None:
    """Note the jobs, which are there already, as members of the batch."""
    rows = [
        {
            "job_id": member.job_id,
            "tenant": tenant,
            "batch_id": batch_id,
            "position": member.position,
            "assigned": _encoded(member),
        }
        for member in members
    ]
    if rows:
        tx.execute(insert_into(batch_jobs), rows)


def counts(tx: Connection, tenant: TenantId, batch_id: str) -> dict[JobState, int]:
    """How many of its jobs are in each state; empty when there is no such batch."""
    query = (
        select(jobs.c.state, func.count())
        .join(batch_jobs, batch_jobs.c.job_id == jobs.c.id)
        .where(batch_jobs.c.tenant == tenant, batch_jobs.c.batch_id == batch_id)
        .group_by(jobs.c.state)
    )
    return {JobState(state): count for state, count in tx.execute(query)}


def members(tx: Connection, tenant: TenantId, batch_id: str) -> list[BatchJob]:
    """Its jobs in the order of the sweep."""
    query = (
        select(batch_jobs.c.job_id, batch_jobs.c.position, batch_jobs.c.assigned)
        .where(batch_jobs.c.tenant == tenant, batch_jobs.c.batch_id == batch_id)
        .order_by(batch_jobs.c.position)
    )
    return [
        BatchJob(JobId(job_id), position, **json.loads(assigned))
        for job_id, position, assigned in tx.execute(query)
    ]


def active(tx: Connection, tenant: TenantId, batch_id: str) -> list[JobId]:
    """Those of its jobs that wait or run, the last of the sweep first."""
    query = (
        select(batch_jobs.c.job_id)
        .join(jobs, batch_jobs.c.job_id == jobs.c.id)
        .where(batch_jobs.c.tenant == tenant, batch_jobs.c.batch_id == batch_id)
        .where(jobs.c.state.in_(words(ACTIVE_STATES)))
        .order_by(batch_jobs.c.position.desc())
    )
    return [JobId(job_id) for job_id in tx.execute(query).scalars()]


def _encoded(member: BatchJob) -> str:
    told = {"label": member.label, "values": member.values, "seeds": member.seeds}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
