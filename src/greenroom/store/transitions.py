"""The only writer of jobs.state: enqueue(), claim() and move().

Every write appends its event, and its attempt where one begins or ends, in the same transaction.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    func,
    not_,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import DeploymentId, JobId, KeyId, LeaseToken, TenantId, WorkerId
from greenroom.domain.job import (
    LEASED_STATES,
    TERMINAL_STATES,
    JobEvent,
    JobState,
    arcs,
)
from greenroom.domain.json import JsonObject
from greenroom.domain.lease import Lease, lease_end
from greenroom.domain.record import Payload
from greenroom.domain.webhook import Webhook
from greenroom.store import arc_sql, attempts, job_rows, outbox, payloads, results, secrets, usage
from greenroom.store import webhooks as webhook_rows
from greenroom.store.columns import COUNT, INSTANT, JSON_TEXT, NAME, REAL, Expression, word
from greenroom.store.dialect import Dialect, NextSeq, insert
from greenroom.store.statement import Row, Statement, Value
from greenroom.store.tables import jobs


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be accepted. `graph` is what runs, None when that is the prompt itself.

    `prompt`, `graph` and `extra_data` are JSON in UTF-8. `number` decides the place in the queue;
    without it the job goes behind those that wait, or before them with `front`.
    """

    id: JobId
    tenant: TenantId
    prompt: bytes
    graph: bytes | None
    extra_data: bytes
    outputs: tuple[str, ...]
    digest: str
    number: float | None = None
    front: bool = False
    client_id: str | None = None
    workflow_id: str | None = None
    not_before: Millis | None = None
    key_id: KeyId | None = None
    deployment_id: DeploymentId | None = None
    start_before: Millis | None = None
    webhook: Webhook | None = None

    @property
    def payload(self) -> Payload:
        return Payload(self.prompt, self.graph, self.extra_data, self.outputs, self.digest)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A job that is there now. When it was there before, nothing was written."""

    change: JobChanged
    created: bool
    existing_digest: str
    """The digest of the stored job's graph."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job whose next attempt begins, with what the attempt needs."""

    change: JobChanged
    lease: Lease
    graph: bytes
    extra_data: bytes
    outputs: tuple[str, ...]
    attempt_number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a move stores beside the state. None leaves a field as it is.

    `outputs`, `meta` and `messages` are JSON in UTF-8 and are stored together. A RELEASE always
    gives the attempt back; other moves do when `count_attempt` is false.
    """

    error: JsonObject | None = None
    not_before: Millis | None = None
    outputs: bytes | None = None
    meta: bytes = b"{}"
    messages: bytes = b"[]"
    outputs_count: int | None = None
    previewable_outputs_count: int | None = None
    preview_output: JsonObject | None = None
    count_attempt: bool = True
    lost_worker: bool = False


_NOTHING = Outcome()


def enqueue(tx: Connection, new: NewJob, now: Millis) -> Enqueued:
    """Accept the job, or find the one with its id; CONFLICT when another tenant has that id."""
    row = _ENQUEUE.row(
        tx,
        id=new.id,
        tenant=new.tenant,
        number=new.number,
        direction=-1 if new.front else 1,
        created_at=now,
        client_id=new.client_id,
        workflow_id=new.workflow_id,
        not_before=new.not_before,
        key_id=new.key_id,
        deployment_id=new.deployment_id,
        start_before=new.start_before,
        webhook=None if new.webhook is None else new.webhook.events,
    )
    if row is None:
        return _existing(tx, new)
    payloads.store(
        tx,
        job_id=new.id,
        tenant=new.tenant,
        prompt=new.prompt,
        graph=new.graph,
        extra_data=new.extra_data,
        outputs=json.dumps(new.outputs).encode(),
        digest=new.digest,
    )
    if new.webhook is not None:
        webhook_rows.attach(tx, new.tenant, new.id, new.webhook)
    change = outbox.append(tx, JobEvent.SUBMIT, row, now)
    return Enqueued(change, created=True, existing_digest=new.digest)


def claim(  # noqa: PLR0917 - who, how much, how long, when: in this order everywhere
    tx: Connection,
    worker: WorkerId,
    limit: int,
    lease_ms: int,
    now: Millis,
    only: Sequence[JobId] | None = None,
    *,
    spare_failed: bool = False,
) -> list[Claimed]:
    """Give up to `limit` due jobs to the worker, in queue order; none is given twice.

    `only` narrows the choice to those jobs; `spare_failed` leaves out those that failed on this
    worker in a way that asks for another one.
    """
    until = lease_end(now, lease_ms)
    given: dict[str, Value] = {
        "worker": worker,
        "limit": limit,
        "now": now,
        "token": ids.new_lease_token(),
        "until": until,
    }
    if only is None:
        statement = _CLAIM_SPARING if spare_failed else _CLAIM
        rows: Sequence[Row] = statement.rows(tx, **given)
    elif len(only) == 1:
        rows = _CLAIM_ONE.rows(tx, **given, only=only[0])
    else:
        chosen = _claim(jobs.c.id.in_(bindparam("only", expanding=True)))
        found = tx.execute(chosen, {**given, "only": list(only)})
        rows = cast("Sequence[Row]", found.all())
    ordered = sorted(rows, key=_queue_place)
    return [_begin_attempt(tx, row, worker, until, now) for row in ordered]


def move(
    tx: Connection,
    job_id: JobId,
    event: JobEvent,
    now: Millis,
    *,
    token: LeaseToken | None = None,
    outcome: Outcome | None = None,
) -> JobChanged | None:
    """Apply `event` to the job; None when its state or its lease does not allow that.

    Where an arc asks for a held or an expired lease, the token decides which of the two is shown.
    """
    statement = _MOVES.get((event, token is not None))
    if statement is None:
        raise AppError(ErrorCode.ILLEGAL_TRANSITION, f"{event} is no move of a job that exists")
    told = outcome or _NOTHING
    values: dict[str, Value] = {
        "id": job_id,
        "now": now,
        "token": token,
        "error": job_rows.json_text(told.error),
        "not_before": told.not_before,
        "given_back": int(event is JobEvent.RELEASE or not told.count_attempt),
        "lost": int(told.lost_worker),
        "outputs_count": told.outputs_count,
        "previewable_outputs_count": told.previewable_outputs_count,
        "preview_output": job_rows.json_text(told.preview_output),
    }
    row = statement.row(tx, **values)
    if row is None:
        return None
    change = outbox.append(tx, event, row, now)
    if change.job.state not in LEASED_STATES and attempts.end(tx, job_id, event, now, told.error):
        usage.note_attempt(tx, change.job, now)
    if change.job.state in TERMINAL_STATES:
        secrets.erase(tx, job_id)
    if told.outputs is not None:
        results.store(tx, change.job, told.outputs, told.meta, told.messages)
    return change


def _existing(tx: Connection, new: NewJob) -> Enqueued:
    row = _EXISTING.row(tx, id=new.id)
    if row is None or row[1] != new.tenant:
        raise AppError(ErrorCode.CONFLICT, "this id is taken")
    job = job_rows.job(row)
    digest = payloads.digest(tx, job.id)
    change = JobChanged(id=0, event=JobEvent.SUBMIT, job=job, at=job.created_at)
    return Enqueued(change, created=False, existing_digest=digest)


def _queue_place(row: Row) -> tuple[float, int]:
    job = job_rows.job(row)
    return job.number, job.seq


def _begin_attempt(
    tx: Connection, row: Row, worker: WorkerId, until: Millis, now: Millis
) -> Claimed:
    change = outbox.append(tx, JobEvent.CLAIM, row, now)
    job = change.job
    number = attempts.begin(tx, job.id, job.tenant, worker, now)
    if number > 1:
        results.forget_partial(tx, job.id)
    stored = payloads.of_job(tx, job.id)
    token = cast("LeaseToken", job.lease)
    return Claimed(
        change=change,
        lease=Lease(job.id, token, until),
        graph=stored.to_run,
        extra_data=stored.extra_data,
        outputs=stored.outputs,
        attempt_number=number,
    )


def _enqueue(dialect: Dialect) -> Executable:
    place = select(NextSeq().label("seq")).subquery("place")
    seq: ColumnElement[int] = place.c.seq
    direction = bindparam("direction", type_=COUNT)
    behind_or_before = case((direction < 0, -seq), else_=seq - 1)
    values: dict[str, Expression] = {
        "seq": seq,
        "id": bindparam("id", type_=NAME),
        "tenant": bindparam("tenant", type_=NAME),
        "state": word(JobState.QUEUED),
        "number": func.coalesce(bindparam("number", type_=REAL), behind_or_before),
        "created_at": bindparam("created_at", type_=INSTANT),
        "client_id": bindparam("client_id", type_=NAME),
        "workflow_id": bindparam("workflow_id", type_=NAME),
        "not_before": bindparam("not_before", type_=INSTANT),
        "key_id": bindparam("key_id", type_=NAME),
        "deployment_id": bindparam("deployment_id", type_=NAME),
        "start_before": bindparam("start_before", type_=INSTANT),
        "webhook": bindparam("webhook", type_=NAME),
    }
    source = select(*values.values()).select_from(place).where(true())
    return (
        insert(dialect, jobs)
        .from_select(list(values), source)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(*job_rows.COLUMNS)
    )


def _claim(condition: ColumnElement[bool] | None = None) -> Executable:
    (arc,) = arcs(JobEvent.CLAIM)
    now = bindparam("now", type_=INSTANT)
    start = jobs.c.start_before
    # A job that began once has kept its deadline.
    in_time = or_(start.is_(None), start > now, jobs.c.started_at.is_not(None))
    picked = (
        select(jobs.c.seq)
        .where(jobs.c.state == word(cast("JobState", arc.source)))
        .where(or_(jobs.c.not_before.is_(None), jobs.c.not_before <= now))
        .where(in_time)
        .order_by(jobs.c.number, jobs.c.seq)
        .limit(bindparam("limit", type_=COUNT))
        .with_for_update(skip_locked=True)
    )
    if condition is not None:
        picked = picked.where(condition)
    chosen = picked.cte("picked")
    # One token per call, made each job's own by its seq.
    token = bindparam("token", type_=NAME) + "-" + cast_to(jobs.c.seq, NAME)
    return (
        update(jobs)
        .where(jobs.c.seq.in_(select(chosen.c.seq)))
        .values(
            state=word(arc.target),
            worker=bindparam("worker", type_=NAME),
            lease=token,
            lease_until=bindparam("until", type_=INSTANT),
            started_at=now,
            not_before=null(),
            attempt=jobs.c.attempt + 1,
        )
        .returning(*job_rows.COLUMNS)
    )


def _move(event: JobEvent, *, with_token: bool) -> Executable:
    """The UPDATE of one event, made from its arcs."""
    now = bindparam("now", type_=INSTANT)
    error = func.coalesce(bindparam("error", type_=JSON_TEXT), jobs.c.error)
    back = bindparam("given_back", type_=COUNT)
    lost = bindparam("lost", type_=COUNT)
    not_before = bindparam("not_before", type_=INSTANT)

    def leading_to(
        wanted: Callable[[JobState], bool],
        then: Expression,
        other: Expression,
    ) -> Expression:
        return arc_sql.by_target(event, wanted, then, other)

    leased = LEASED_STATES.__contains__
    return (
        update(jobs)
        .where(jobs.c.id == bindparam("id", type_=NAME))
        .where(or_(*(arc_sql.allowed(arc, with_token=with_token) for arc in arcs(event))))
        .values(
            state=arc_sql.target(event),
            lease=leading_to(leased, jobs.c.lease, null()),
            lease_until=leading_to(leased, jobs.c.lease_until, null()),
            finished_at=leading_to(TERMINAL_STATES.__contains__, now, null()),
            not_before=leading_to(JobState.QUEUED.__eq__, not_before, jobs.c.not_before),
            error=leading_to(JobState.SUCCEEDED.__eq__, null(), error),
            attempt=jobs.c.attempt - back,
            lost_workers=jobs.c.lost_workers + lost,
            outputs_count=_given("outputs_count"),
            previewable_outputs_count=_given("previewable_outputs_count"),
            preview_output=_given("preview_output"),
        )
        .returning(*job_rows.COLUMNS)
    )


def _given(name: str) -> Expression:
    column = jobs.c[name]
    return func.coalesce(bindparam(name, type_=column.type), column)


def _moves() -> dict[tuple[JobEvent, bool], Statement]:
    existing = set(JobEvent) - {JobEvent.SUBMIT, JobEvent.CLAIM}

    def statement(event: JobEvent, with_token: bool) -> Statement:  # noqa: FBT001 - the key's two parts
        return Statement(lambda _dialect: _move(event, with_token=with_token))

    return {(event, flag): statement(event, flag) for event in existing for flag in (False, True)}


_ENQUEUE = Statement(_enqueue)
_CLAIM = Statement(lambda _dialect: _claim())
_CLAIM_SPARING = Statement(
    lambda _dialect: _claim(not_(attempts.failed_there(bindparam("worker", type_=NAME))))
)
_CLAIM_ONE = Statement(lambda _dialect: _claim(jobs.c.id == bindparam("only", type_=NAME)))
_MOVES = _moves()
_EXISTING = Statement(
    lambda _dialect: select(*job_rows.COLUMNS).where(jobs.c.id == bindparam("id", type_=NAME))
)
