"""The requests of a deployment, the newest first: of any states and with any tag, by an index."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, Select, and_, exists, func, select, tuple_, union_all
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.browse import JobSearch, Place
from greenroom.domain.ids import TenantId
from greenroom.domain.job import JobState
from greenroom.store.columns import word, words
from greenroom.store.tables import job_tags, jobs

_Condition: TypeAlias = ColumnElement[bool]
_Listed: TypeAlias = Select[int, int]
"""Gives created_at and seq."""

_FEW = 5_000
"""So many requests are looked through one by one for a tag."""


def newest(
    tx: Connection, tenant: TenantId, search: JobSearch, after: Place | None, limit: int,
    *, more: Sequence[_Condition] = (),
) -> list[int]:  # fmt: skip
    """The seq of each request on the page. `search` names a deployment; `more` is of jobs."""
    states = None if search.states in {None, frozenset(JobState)} else search.states
    of_deployment = _of_deployment(tenant, search)
    if search.tag is None:
        walks = [_walk(and_(of_deployment, *more), after, one) for one in states or [None]]
    elif states is not None and _are_few(tx, of_deployment, states):
        tagged = exists().where(job_tags.c.job_id == jobs.c.id, job_tags.c.tag == search.tag)
        walks = [_walk(and_(of_deployment, tagged, *more), after, one) for one in states]
    else:
        walks = [_tag_walk(tenant, search, after, states, more)]
    return _first(tx, walks, limit)


def _of_deployment(tenant: TenantId, search: JobSearch) -> _Condition:
    return and_(jobs.c.tenant == tenant, jobs.c.deployment_id == search.deployment_id)


def _walk(chosen: _Condition, after: Place | None, state: JobState | None) -> _Listed:
    query = select(jobs.c.created_at, jobs.c.seq).where(chosen)
    if state is not None:
        query = query.where(jobs.c.state == word(state))
    if after is not None:
        query = query.where(
            tuple_(jobs.c.created_at, jobs.c.seq) < tuple_(after.at, int(after.key))
        )
    return query.order_by(jobs.c.created_at.desc(), jobs.c.seq.desc())


def _tag_walk(
    tenant: TenantId, search: JobSearch, after: Place | None, states: Iterable[JobState] | None,
    more: Sequence[_Condition],
) -> _Listed:  # fmt: skip
    query = select(job_tags.c.created_at, job_tags.c.seq).where(
        job_tags.c.tenant == tenant,
        job_tags.c.deployment_id == search.deployment_id,
        job_tags.c.tag == search.tag,
    )
    if states is not None or more:
        query = query.join(jobs, jobs.c.seq == job_tags.c.seq).where(*more)
    if states is not None:
        query = query.where(jobs.c.state.in_(words(states)))
    if after is not None:
        place = tuple_(job_tags.c.created_at, job_tags.c.seq)
        query = query.where(place < tuple_(after.at, int(after.key)))
    return query.order_by(job_tags.c.created_at.desc(), job_tags.c.seq.desc())


def _are_few(tx: Connection, of_deployment: _Condition, states: Iterable[JobState]) -> bool:
    """Whether looking at each that is in these states costs less than at each with the tag."""
    some = select(jobs.c.seq).where(of_deployment, jobs.c.state.in_(words(states))).limit(_FEW)
    return tx.execute(select(func.count()).select_from(some.subquery())).scalar_one() < _FEW


def _first(tx: Connection, walks: Sequence[_Listed], limit: int) -> list[int]:
    """Merged: asked for all states at once, a database walks all jobs, or sorts all that match."""
    if len(walks) == 1:
        rows = tx.execute(walks[0].limit(limit))
        return [seq for _, seq in rows]
    parts = [select(walk.limit(limit).subquery()) for walk in walks]
    merged = union_all(*parts).subquery("merged")
    order = (merged.c.created_at.desc(), merged.c.seq.desc())
    return [seq for _, seq in tx.execute(select(merged).order_by(*order).limit(limit))]
