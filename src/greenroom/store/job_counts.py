"""How many jobs are in which state, kept in step by the database itself."""

from collections.abc import Iterable
from typing import cast as narrowed

from sqlalchemy import Connection, Integer, bindparam, cast, func, select
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.ids import TenantId
from greenroom.domain.job import ACTIVE_STATES, JobState
from greenroom.store.columns import NAME, word
from greenroom.store.statement import Statement
from greenroom.store.tables import job_counts

_JOBS = cast(func.coalesce(func.sum(job_counts.c.jobs), 0), Integer)
_BY_STATE = Statement(
    lambda _dialect: (
        select(job_counts.c.job_state, _JOBS)
        .where(job_counts.c.tenant == bindparam("tenant", type_=NAME))
        .group_by(job_counts.c.job_state)
    )
)


def in_states(tx: Connection, tenant: TenantId, states: Iterable[JobState]) -> int:
    """How many jobs of the tenant are in one of the states."""
    wanted = {state.value for state in states}
    rows = _BY_STATE.rows(tx, tenant=tenant)
    return sum(narrowed("int", jobs) for state, jobs in rows if state in wanted)


def queued(tenant: ColumnElement[str]) -> ColumnElement[int]:
    """How many jobs of the tenant wait, as part of a statement."""
    chosen = (job_counts.c.tenant == tenant, job_counts.c.job_state == word(JobState.QUEUED))
    return select(_JOBS).where(*chosen).scalar_subquery()


def active_of(tx: Connection, tenant: TenantId) -> dict[JobState, int]:
    """How many jobs of the tenant are in each state before the end."""
    query = (
        select(job_counts.c.job_state, _JOBS)
        .where(job_counts.c.tenant == tenant)
        .group_by(job_counts.c.job_state)
    )
    found = {JobState(state): count for state, count in tx.execute(query)}
    return {state: found.get(state, 0) for state in sorted(ACTIVE_STATES)}


def active(tx: Connection) -> dict[TenantId, int]:
    """How many jobs run or wait, for every tenant that has jobs."""
    query = (
        select(job_counts.c.tenant, _JOBS)
        .where(job_counts.c.job_state.in_([state.value for state in ACTIVE_STATES]))
        .group_by(job_counts.c.tenant)
    )
    return {TenantId(tenant): count for tenant, count in tx.execute(query)}
