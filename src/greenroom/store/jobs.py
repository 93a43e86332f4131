"""Get, list and delete jobs; their states are written elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias, cast

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy import delete as delete_from
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.browse import Place
from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import ACTIVE_STATES, LEASED_STATES, TERMINAL_STATES, Job, JobState
from greenroom.domain.output_kind import OutputKind
from greenroom.domain.record import JobDetail, JobFilter, JobSort, Payload, Result
from greenroom.store import attempts as attempt_rows
from greenroom.store import job_counts, job_rows, payloads, results
from greenroom.store.columns import NAME, REAL, SERIAL, Expression, word, words
from greenroom.store.statement import Row, Statement
from greenroom.store.tables import assets, batch_jobs, job_payloads, job_results, jobs
from greenroom.store.tables.job_tables import DEADLINE_ONLY, DURATION

attempts = attempt_rows.of_job

EVERY_JOB = JobFilter()

_NEAR = 100
"""Jobs; counting so many costs no more than reading how many wait."""

_Condition: TypeAlias = ColumnElement[bool]

_THE_JOB = and_(
    jobs.c.id == bindparam("id", type_=NAME), jobs.c.tenant == bindparam("tenant", type_=NAME)
)
_DETAIL = (
    select(*job_rows.COLUMNS, *payloads.COLUMNS, *results.COLUMNS)
    .join(job_payloads, job_payloads.c.job_id == jobs.c.id)
    .outerjoin(job_results, job_results.c.job_id == jobs.c.id)
)
_ACTIVE = and_(
    jobs.c.tenant == bindparam("tenant", type_=NAME), jobs.c.state.in_(words(ACTIVE_STATES))
)

_GET = Statement(lambda _dialect: select(*job_rows.COLUMNS).where(_THE_JOB))
_PAYLOAD = Statement(
    lambda _dialect: (
        select(*payloads.COLUMNS).join(jobs, jobs.c.id == job_payloads.c.job_id).where(_THE_JOB)
    )
)
_RESULT = Statement(
    lambda _dialect: (
        select(*results.COLUMNS)
        .select_from(jobs)
        .outerjoin(job_results, job_results.c.job_id == jobs.c.id)
        .where(_THE_JOB)
    )
)
_POSITION = Statement(lambda _dialect: _position())
_DETAILS = Statement(lambda _dialect: _DETAIL.where(_THE_JOB))
_QUEUE = Statement(lambda _dialect: _DETAIL.where(_ACTIVE).order_by(jobs.c.number, jobs.c.seq))


def get(tx: Connection, tenant: TenantId, job_id: JobId) -> Job | None:
    row = _GET.row(tx, id=job_id, tenant=tenant)
    return None if row is None else job_rows.job(row)


def get_many(tx: Connection, tenant: TenantId, ids: Sequence[JobId]) -> list[Job]:
    """Those of the jobs that exist, in the order of `ids`."""
    query = select(*job_rows.COLUMNS).where(jobs.c.tenant == tenant, jobs.c.id.in_(ids))
    found = {job.id: job for job in map(job_rows.job, _rows(tx, query))}
    return [found[job_id] for job_id in ids if job_id in found]


def tenants(tx: Connection, ids: Sequence[JobId]) -> dict[JobId, TenantId]:
    """Whose each of the jobs is."""
    query = select(jobs.c.id, jobs.c.tenant).where(jobs.c.id.in_(ids))
    return {JobId(job_id): TenantId(tenant) for job_id, tenant in tx.execute(query)}


def payload(tx: Connection, tenant: TenantId, job_id: JobId) -> Payload | None:
    row = _PAYLOAD.row(tx, id=job_id, tenant=tenant)
    return None if row is None else payloads.payload(row)


def result(tx: Connection, tenant: TenantId, job_id: JobId) -> Result | None:
    """What the job came to, or its outputs so far; None when there are none."""
    row = _RESULT.row(tx, id=job_id, tenant=tenant)
    if row is None:
        return None
    return results.result(row) or results.partial(tx, job_id)


def details(tx: Connection, tenant: TenantId, job_id: JobId) -> JobDetail | None:
    row = _DETAILS.row(tx, id=job_id, tenant=tenant)
    return None if row is None else _detail(tx, row)


def queue(tx: Connection, tenant: TenantId) -> tuple[list[JobDetail], list[JobDetail]]:
    """The jobs that run and those that wait, both in the order in which they run."""
    both = [_detail(tx, row) for row in _QUEUE.rows(tx, tenant=tenant)]
    running = [one for one in both if one.job.state in LEASED_STATES]
    pending = [one for one in both if one.job.state is JobState.QUEUED]
    return running, pending


def position(tx: Connection, tenant: TenantId, job_id: JobId) -> int | None:
    """How many of the tenant's jobs wait before this one; None when it does not wait."""
    job = get(tx, tenant, job_id)
    return None if job is None else position_of(tx, job)


def position_of(tx: Connection, job: Job) -> int | None:
    """As `position`, of a job that was read in the same transaction."""
    if job.state is not JobState.QUEUED:
        return None
    row = _POSITION.row(tx, tenant=job.tenant, number=job.number, seq=job.seq)
    return None if row is None else int(cast("int", row[0]))


def list_page(  # noqa: PLR0917 - the choices of a list read as one sentence
    tx: Connection,
    tenant: TenantId,
    chosen: JobFilter = EVERY_JOB,
    sort: JobSort = JobSort.CREATED,
    descending: bool = True,  # noqa: FBT001, FBT002 - part of that sentence
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[Job], int]:
    """A page of the jobs, and how many there are on all pages."""
    total = _total(tx, tenant, chosen)
    query = _page(tenant, chosen, sort, descending=descending, limit=limit, offset=offset)
    return [job_rows.job(row) for row in _rows(tx, query)], total


def list_after(
    tx: Connection, tenant: TenantId, chosen: JobFilter, after: Place | None,
    *, descending: bool, limit: int,
) -> list[Job]:  # fmt: skip
    """The jobs that follow a place in the order of acceptance."""
    behind = None
    if after is not None:
        place, known = tuple_(jobs.c.created_at, jobs.c.seq), tuple_(after.at, int(after.key))
        behind = place < known if descending else place > known
    query = _page(tenant, chosen, JobSort.CREATED, behind, descending=descending, limit=limit)
    return [job_rows.job(row) for row in _rows(tx, query)]


def recent(tx: Connection, tenant: TenantId, limit: int, offset: int) -> list[JobDetail]:
    """Jobs that ended, the newest first."""
    order = [jobs.c.finished_at.desc(), jobs.c.seq.desc()]
    picked = (
        select(jobs.c.seq)
        .where(jobs.c.tenant == tenant, jobs.c.finished_at.is_not(None))
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    query = _DETAIL.where(jobs.c.seq.in_(picked)).order_by(*order)
    return [_detail(tx, row) for row in _rows(tx, query)]


def history(
    tx: Connection, tenant: TenantId, limit: int | None = None, offset: int | None = None
) -> list[JobDetail]:
    """Jobs that ended, in the order in which they did.

    With a limit alone these are the newest; an offset counts from the oldest.
    """
    newest_first = limit is not None and offset is None
    order = [jobs.c.finished_at, jobs.c.seq]
    picked = (
        select(jobs.c.seq)
        .where(jobs.c.tenant == tenant, jobs.c.finished_at.is_not(None))
        .order_by(*_in_order(order, descending=newest_first))
        .limit(limit)
        .offset(offset)
    )
    query = _DETAIL.where(jobs.c.seq.in_(picked)).order_by(*order)
    return [_detail(tx, row) for row in _rows(tx, query)]


def finished_ids(tx: Connection, tenant: TenantId, limit: int) -> list[JobId]:
    """Jobs that ended, the oldest first."""
    query = (
        select(jobs.c.id)
        .where(jobs.c.tenant == tenant, jobs.c.finished_at.is_not(None))
        .order_by(jobs.c.finished_at, jobs.c.seq)
        .limit(limit)
    )
    return [JobId(job_id) for job_id in tx.execute(query).scalars()]


def waiting_ids(tx: Connection) -> list[JobId]:
    """Every job that waits, whoever's it is, in the order of acceptance."""
    query = select(jobs.c.id).where(jobs.c.state == word(JobState.QUEUED)).order_by(jobs.c.seq)
    return [JobId(job_id) for job_id in tx.execute(query).scalars()]


def late_ids(tx: Connection, now: Millis, limit: int) -> list[JobId]:
    """The jobs of every tenant that should have begun by now; nobody else's until the commit."""
    query = (
        select(jobs.c.id)
        .where(DEADLINE_ONLY, jobs.c.start_before <= now, jobs.c.started_at.is_(None))
        .order_by(jobs.c.start_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [JobId(job_id) for (job_id,) in tx.execute(query)]


def delete(tx: Connection, tenant: TenantId, ids: Sequence[JobId]) -> list[JobId]:
    """Forget those of the jobs that ended; says which. Their assets stay."""
    gone = (
        delete_from(jobs)
        .where(jobs.c.tenant == tenant, jobs.c.id.in_(ids))
        .where(jobs.c.state.in_(words(TERMINAL_STATES)))
        .returning(jobs.c.id)
    )
    return [JobId(job_id) for job_id in tx.execute(gone).scalars()]


def _rows(tx: Connection, query: Executable) -> Sequence[Row]:
    return cast("Sequence[Row]", tx.execute(query).all())


def _detail(tx: Connection, row: Row) -> JobDetail:
    job = job_rows.job(row)
    rest = row[job_rows.WIDTH :]
    stored = results.result(rest[payloads.WIDTH :])
    if stored is None and job.state is not JobState.QUEUED:
        stored = results.partial(tx, job.id)
    return JobDetail(job, payloads.payload(rest), stored)


def _page(
    tenant: TenantId, chosen: JobFilter, sort: JobSort, behind: _Condition | None = None,
    *, descending: bool, limit: int | None, offset: int = 0,
) -> Executable:  # fmt: skip
    """The rows of a page; of several states, merged from one ordered walk for each.

    Asked for the states at once, a database may walk all jobs in order, or sort all that match.
    """
    key = jobs.c.created_at if sort is JobSort.CREATED else DURATION
    more = () if behind is None else (behind,)
    order = _in_order([key, jobs.c.seq], descending=descending)
    states = _walks(chosen, sort)
    if len(states) <= 1:
        query = select(*job_rows.COLUMNS).where(_matches(tenant, chosen), *more)
        return query.order_by(*order).limit(limit).offset(offset)
    reach = None if limit is None else offset + limit
    walks = [
        select(key.label("key"), jobs.c.seq)
        .where(_matches(tenant, replace(chosen, states=frozenset({state}))), *more)
        .order_by(*order)
        .limit(reach)
        .subquery()
        for state in sorted(states)
    ]
    merged = union_all(*map(select, walks)).subquery("merged")
    place = _in_order([merged.c.key, merged.c.seq], descending=descending)
    picked = select(merged).order_by(*place).limit(limit).offset(offset).subquery("picked")
    return (
        select(*job_rows.COLUMNS)
        .join(picked, picked.c.seq == jobs.c.seq)
        .order_by(*_in_order([picked.c.key, picked.c.seq], descending=descending))
    )


def _walks(chosen: JobFilter, sort: JobSort) -> frozenset[JobState]:
    """The states whose indexes together hold the page in order; none where others serve better."""
    if chosen.ids is not None or chosen.batch_id is not None or chosen.workflow_id is not None:
        return frozenset()
    if chosen.states is None and sort is JobSort.DURATION:
        return frozenset(JobState)
    return chosen.states or frozenset()


def _position() -> Executable:
    """Counted from the end of the queue where that is near, as it is after every submit."""
    tenant = bindparam("tenant", type_=NAME)
    here = tuple_(bindparam("number", type_=REAL), bindparam("seq", type_=SERIAL))
    place = tuple_(jobs.c.number, jobs.c.seq)
    waiting = select(jobs.c.seq).where(
        jobs.c.tenant == tenant, jobs.c.state == word(JobState.QUEUED)
    )
    behind = waiting.where(place > here).limit(_NEAR).subquery("behind")
    later = select(func.count().label("jobs")).select_from(behind).subquery("later")
    earlier = select(func.count()).select_from(waiting.where(place < here).subquery("before"))
    total = job_counts.queued(tenant)
    near = total - later.c.jobs - 1
    return select(case((later.c.jobs < _NEAR, near), else_=earlier.scalar_subquery()))


def _in_order(keys: Sequence[Expression], *, descending: bool) -> list[Expression]:
    return [key.desc() if descending else key.asc() for key in keys]


def _total(tx: Connection, tenant: TenantId, chosen: JobFilter) -> int:
    """By the counts that are kept where they suffice: counting a million rows takes 100 ms."""
    if chosen == JobFilter(states=chosen.states):
        states = JobState if chosen.states is None else chosen.states
        return job_counts.in_states(tx, tenant, states)
    matching = select(func.count()).select_from(jobs).where(_matches(tenant, chosen))
    return tx.execute(matching).scalar_one()


def _matches(tenant: TenantId, chosen: JobFilter) -> _Condition:
    conditions: list[_Condition] = [jobs.c.tenant == tenant]
    if chosen.states is not None:
        conditions.append(jobs.c.state.in_(words(chosen.states)))
    if chosen.workflow_id is not None:
        conditions.append(jobs.c.workflow_id == chosen.workflow_id)
    if chosen.client_id is not None:
        conditions.append(jobs.c.client_id == chosen.client_id)
    if chosen.ids is not None:
        conditions.append(jobs.c.id.in_(chosen.ids))
    if chosen.batch_id is not None:
        conditions.append(jobs.c.id.in_(_of_batch(tenant, chosen.batch_id)))
    if chosen.output_kind is not None:
        conditions.append(_made(chosen.output_kind))
    if chosen.created_after is not None:
        conditions.append(jobs.c.created_at > chosen.created_after)
    if chosen.created_before is not None:
        conditions.append(jobs.c.created_at < chosen.created_before)
    return and_(*conditions)


def _made(kind: OutputKind) -> _Condition:
    """A run that was answered from the engine's cache has no files of its own, only a preview."""
    files = select(assets.c.id).where(
        assets.c.job_id == jobs.c.id, assets.c.mime.startswith(kind.media_type, autoescape=True)
    )
    named = [
        jobs.c.preview_output.icontains(f'{suffix}"', autoescape=True) for suffix in kind.suffixes
    ]
    return and_(jobs.c.state == word(JobState.SUCCEEDED), or_(files.exists(), *named))


def _of_batch(tenant: TenantId, batch_id: str) -> Select[tuple[str]]:
    return select(batch_jobs.c.job_id).where(
        batch_jobs.c.tenant == tenant, batch_jobs.c.batch_id == batch_id
    )
