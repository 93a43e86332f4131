"""The only writer of jobs.state: enqueue(), claim() and move().

Every write appends its event, and its attempt where one begins or ends, in the same transaction.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import DeploymentId, JobId, KeyId, LeaseToken, TenantId, WorkerId
from greenroom.domain.job import LEASED_STATES, TERMINAL_STATES, UNTIL_INPUTS, JobEvent
from greenroom.domain.json import JsonObject
from greenroom.domain.lease import Lease, lease_end
from greenroom.domain.record import Payload
from greenroom.domain.webhook import Webhook
from greenroom.store import (
    attempts,
    input_fetches,
    job_rows,
    outbox,
    payloads,
    results,
    secrets,
    transition_sql,
    usage,
)
from greenroom.store import webhooks as webhook_rows
from greenroom.store.statement import Row, Value


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
    row = transition_sql.ENQUEUE.row(
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
        statement = transition_sql.CLAIM_SPARING if spare_failed else transition_sql.CLAIM
        rows: Sequence[Row] = statement.rows(tx, **given)
    elif len(only) == 1:
        rows = transition_sql.CLAIM_ONE.rows(tx, **given, only=only[0])
    else:
        found = tx.execute(transition_sql.CLAIM_SOME, {**given, "only": list(only)})
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
    statement = transition_sql.MOVES.get((event, token is not None))
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
        if change.job.not_before == UNTIL_INPUTS:
            input_fetches.erase(tx, job_id)
    if told.outputs is not None:
        results.store(tx, change.job, told.outputs, told.meta, told.messages)
    return change


def _existing(tx: Connection, new: NewJob) -> Enqueued:
    row = transition_sql.EXISTING.row(tx, id=new.id)
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
