"""Pages of jobs and files, each found from where the page before ended. Reads only."""

import json
from collections.abc import Sequence
from typing import TypeAlias, cast

from sqlalchemy import Connection, and_, exists, func, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.asset import Asset
from greenroom.domain.browse import AssetSearch, JobSearch, Place
from greenroom.domain.ids import TenantId
from greenroom.domain.job import LEASED_STATES, JobState
from greenroom.domain.record import JobDetail
from greenroom.store import assets as asset_rows
from greenroom.store import deployment_jobs, job_rows, payloads
from greenroom.store.columns import Expression, word, words
from greenroom.store.payload_text import holds
from greenroom.store.statement import Row
from greenroom.store.tables import assets, job_payloads, job_tags, jobs

_Condition: TypeAlias = ColumnElement[bool]

_JOBS = select(*job_rows.COLUMNS, *payloads.COLUMNS).join(
    job_payloads, job_payloads.c.job_id == jobs.c.id
)

_place = tuple_(jobs.c.created_at, jobs.c.seq)
_NEWEST_FIRST = (jobs.c.created_at.desc(), jobs.c.seq.desc())


def job_page(
    tx: Connection, tenant: TenantId, search: JobSearch, after: Place | None, limit: int
) -> list[JobDetail]:
    """The newest jobs first, without their results."""
    if search.deployment_id is not None and not search.text and search.workflow_id is None:
        more = _between(jobs.c.created_at, search)
        found = deployment_jobs.newest(tx, tenant, search, after, limit, more=more)
        return _jobs(tx, [jobs.c.seq.in_(found)], _NEWEST_FIRST, None)
    return _jobs(tx, _older(tenant, search, after), _NEWEST_FIRST, limit)


def look_through(
    tx: Connection, tenant: TenantId, search: JobSearch, after: Place | None,
    *, reach: int, limit: int,
) -> tuple[list[JobDetail], Place | None]:  # fmt: skip
    """As `job_page`, among the next `reach` jobs of that time only, whatever they are.

    With it where to look on; None when there is no more.
    """
    time = JobSearch(created_after=search.created_after, created_before=search.created_before)
    reached = select(jobs.c.created_at, jobs.c.seq).where(*_older(tenant, time, after))
    last = tx.execute(reached.order_by(*_NEWEST_FIRST).offset(reach - 1).limit(1)).first()
    conditions = _older(tenant, search, after)
    if last is not None:
        conditions.append(_place >= tuple_(*last))
    found = _jobs(tx, conditions, _NEWEST_FIRST, limit)
    if len(found) == limit:
        return found, place_of(found[-1])
    return found, None if last is None else Place(last[0], str(last[1]))


def place_of(detail: JobDetail) -> Place:
    return Place(detail.job.created_at, str(detail.job.seq))


def running(tx: Connection, tenant: TenantId) -> list[JobDetail]:
    """In the order in which they were started."""
    conditions = [jobs.c.tenant == tenant, jobs.c.state.in_(words(LEASED_STATES))]
    return _jobs(tx, conditions, (jobs.c.started_at, jobs.c.seq), None)


def waiting(tx: Connection, tenant: TenantId, limit: int) -> tuple[list[JobDetail], int]:
    """The first of those that wait, in the order in which they run, and how many wait in all."""
    conditions = [jobs.c.tenant == tenant, jobs.c.state == word(JobState.QUEUED)]
    total = tx.execute(select(func.count()).select_from(jobs).where(*conditions)).scalar_one()
    return _jobs(tx, conditions, (jobs.c.number, jobs.c.seq), limit), total


def asset_page(
    tx: Connection, tenant: TenantId, search: AssetSearch, after: Place | None, limit: int
) -> list[Asset]:
    """The newest files first."""
    conditions = [assets.c.tenant == tenant, *_asset_conditions(search)]
    if after is not None:
        conditions.append(tuple_(assets.c.created_at, assets.c.id) < tuple_(after.at, after.key))
    newest_first = (assets.c.created_at.desc(), assets.c.id.desc())
    ids = tx.execute(select(assets.c.id).where(*conditions).order_by(*newest_first).limit(limit))
    return asset_rows.get_many(tx, tenant, [cast("str", found) for found in ids.scalars()])


def _jobs(
    tx: Connection, conditions: Sequence[_Condition], order: Sequence[Expression], limit: int | None
) -> list[JobDetail]:
    query = _JOBS.where(*conditions).order_by(*order).limit(limit)
    return [_slim_detail(cast("Row", row)) for row in tx.execute(query)]


def _slim_detail(row: Row) -> JobDetail:
    return JobDetail(job_rows.job(row), payloads.payload(row[job_rows.WIDTH :]), None)


def _older(tenant: TenantId, search: JobSearch, after: Place | None) -> list[_Condition]:
    conditions = [jobs.c.tenant == tenant, *_job_conditions(search)]
    if after is not None:
        conditions.append(_place < tuple_(after.at, int(after.key)))
    return conditions


def _job_conditions(search: JobSearch) -> list[_Condition]:
    conditions: list[_Condition] = []
    if search.states is not None:
        conditions.append(jobs.c.state.in_(words(search.states)))
    if search.workflow_id is not None:
        conditions.append(jobs.c.workflow_id == search.workflow_id)
    if search.deployment_id is not None:
        conditions.append(jobs.c.deployment_id == search.deployment_id)
    if search.tag is not None:
        tagged = exists().where(job_tags.c.job_id == jobs.c.id, job_tags.c.tag == search.tag)
        conditions.append(tagged)
    if search.text:
        conditions.append(_mentions(search.text))
    return conditions + _between(jobs.c.created_at, search)


def _mentions(text: str) -> _Condition:
    """JSON may hold a letter as itself or as its code."""
    spelled = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    kept = (job_payloads.c.prompt, job_payloads.c.extra_data)
    found = [holds(column, word) for column in kept for word in sorted(spelled)]
    return or_(jobs.c.id.startswith(text.lower(), autoescape=True), *found)


def _asset_conditions(search: AssetSearch) -> list[_Condition]:
    conditions: list[_Condition] = [
        assets.c.root.in_(sorted(root.value for root in search.roots)),
    ]
    if search.workflow_id is not None:
        made_by = select(jobs.c.id).where(jobs.c.workflow_id == search.workflow_id)
        conditions.append(assets.c.job_id.in_(made_by))
    if search.kind is not None:
        conditions.append(assets.c.mime.startswith(f"{search.kind}/", autoescape=True))
    if search.text:
        named = (assets.c.name, assets.c.subfolder)
        conditions.append(or_(*(one.icontains(search.text, autoescape=True) for one in named)))
    if search.job_id is not None:
        conditions.append(assets.c.job_id == search.job_id)
    if search.subfolder is not None:
        inside = assets.c.subfolder.startswith(f"{search.subfolder}/", autoescape=True)
        conditions.append(or_(assets.c.subfolder == search.subfolder, inside))
    return conditions + _between(assets.c.created_at, search)


def _between(column: ColumnElement[int], search: JobSearch | AssetSearch) -> list[_Condition]:
    conditions: list[_Condition] = []
    if search.created_after is not None:
        conditions.append(column >= search.created_after)
    if search.created_before is not None:
        conditions.append(and_(column < search.created_before))
    return conditions
