"""The statements that write jobs.state, made from its arcs. Only transitions.py runs them."""

from collections.abc import Callable
from typing import cast

from sqlalchemy import bindparam, case, func, not_, null, or_, select, true, update
from sqlalchemy import cast as cast_to
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.job import LEASED_STATES, TERMINAL_STATES, JobEvent, JobState, arcs
from greenroom.store import arc_sql, attempts, job_rows
from greenroom.store.columns import COUNT, INSTANT, JSON_TEXT, NAME, REAL, Expression, word
from greenroom.store.dialect import Dialect, NextSeq, insert
from greenroom.store.statement import Statement
from greenroom.store.tables import jobs


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


ENQUEUE = Statement(_enqueue)
CLAIM = Statement(lambda _dialect: _claim())
CLAIM_SPARING = Statement(
    lambda _dialect: _claim(not_(attempts.failed_there(bindparam("worker", type_=NAME))))
)
CLAIM_ONE = Statement(lambda _dialect: _claim(jobs.c.id == bindparam("only", type_=NAME)))
MOVES = _moves()
CLAIM_SOME = _claim(jobs.c.id.in_(bindparam("only", expanding=True)))
EXISTING = Statement(
    lambda _dialect: select(*job_rows.COLUMNS).where(jobs.c.id == bindparam("id", type_=NAME))
)
