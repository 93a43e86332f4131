"""The job and its whole state machine, as data.

The conditions of every SQL write, the diagram in the documentation and the property tests are all
made from `TRANSITIONS`.
"""

from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, JobId, KeyId, LeaseToken, TenantId, WorkerId
from greenroom.domain.json import JsonObject
from greenroom.domain.webhook import WebhookEvents


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    CANCELING = "canceling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    LOST = "lost"
    EXPIRED = "expired"


class JobEvent(StrEnum):
    SUBMIT = "submit"
    CLAIM = "claim"
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    RELEASE = "release"
    CANCEL = "cancel"
    STOPPED = "stopped"
    LOSE = "lose"
    STALL = "stall"
    EXPIRE = "expire"
    LACK = "lack"
    """A file that the job reads cannot be had."""


class Proof(StrEnum):
    """What a write must show about the job's lease before it counts."""

    NONE = "none"
    HELD = "held"
    """The writer's token is the job's."""
    HELD_OR_EXPIRED = "held or expired"
    """That, or the lease has run out and the writer is the reaper."""


@dataclass(frozen=True, slots=True)
class Arc:
    """One allowed move: `event` takes a job from `source` (None is birth) to `target`."""

    event: JobEvent
    source: JobState | None
    target: JobState
    proof: Proof


_Q, _R, _C = JobState.QUEUED, JobState.RUNNING, JobState.CANCELING

TRANSITIONS: tuple[Arc, ...] = (
    Arc(JobEvent.SUBMIT, None, _Q, Proof.NONE),
    Arc(JobEvent.CLAIM, _Q, _R, Proof.NONE),
    Arc(JobEvent.SUCCEED, _R, JobState.SUCCEEDED, Proof.HELD),
    Arc(JobEvent.SUCCEED, _C, JobState.SUCCEEDED, Proof.HELD),
    Arc(JobEvent.FAIL, _R, JobState.FAILED, Proof.HELD_OR_EXPIRED),
    Arc(JobEvent.FAIL, _C, JobState.CANCELED, Proof.HELD_OR_EXPIRED),
    Arc(JobEvent.RETRY, _R, _Q, Proof.HELD_OR_EXPIRED),
    Arc(JobEvent.RETRY, _C, JobState.CANCELED, Proof.HELD_OR_EXPIRED),
    Arc(JobEvent.RELEASE, _R, _Q, Proof.HELD),
    Arc(JobEvent.RELEASE, _C, JobState.CANCELED, Proof.HELD),
    Arc(JobEvent.CANCEL, _Q, JobState.CANCELED, Proof.NONE),
    Arc(JobEvent.CANCEL, _R, _C, Proof.NONE),
    Arc(JobEvent.STOPPED, _C, JobState.CANCELED, Proof.HELD),
    Arc(JobEvent.LOSE, _R, JobState.LOST, Proof.HELD_OR_EXPIRED),
    Arc(JobEvent.LOSE, _C, JobState.CANCELED, Proof.HELD_OR_EXPIRED),
    Arc(JobEvent.STALL, _Q, JobState.LOST, Proof.NONE),
    Arc(JobEvent.EXPIRE, _Q, JobState.EXPIRED, Proof.NONE),
    Arc(JobEvent.EXPIRE, _R, JobState.EXPIRED, Proof.NONE),
    Arc(JobEvent.LACK, _Q, JobState.FAILED, Proof.NONE),
)

UNTIL_INPUTS = Millis(253_402_300_799_000)
"""The `not_before` of a job whose inputs are still being fetched: the last second of 9999."""

LEASED_STATES = frozenset({_R, _C})
ACTIVE_STATES = frozenset({_Q, _R, _C})
TERMINAL_STATES = frozenset(JobState) - ACTIVE_STATES


def arcs(event: JobEvent) -> tuple[Arc, ...]:
    """Every arc of `event`."""
    return tuple(arc for arc in TRANSITIONS if arc.event is event)


def transition(source: JobState | None, event: JobEvent) -> JobState:
    """The state that `event` leads to from `source`, or ILLEGAL_TRANSITION."""
    for arc in TRANSITIONS:
        if arc.event is event and arc.source is source:
            return arc.target
    message = f"a job that is {source or 'not there yet'} cannot {event}"
    raise AppError(ErrorCode.ILLEGAL_TRANSITION, message)


@dataclass(frozen=True, slots=True)
class Job:
    """One job as every list and every status shows it: the slim row, without graph and outputs."""

    id: JobId
    tenant: TenantId
    seq: int
    """Order of acceptance; unique in the database."""
    state: JobState
    number: float
    """Place in the queue, ComfyUI's word: the smaller runs first, then the smaller seq."""
    created_at: Millis
    client_id: str | None = None
    workflow_id: str | None = None
    not_before: Millis | None = None
    attempt: int = 0
    """How many attempts have begun and count against the budget."""
    lost_workers: int = 0
    worker: WorkerId | None = None
    lease: LeaseToken | None = None
    lease_until: Millis | None = None
    started_at: Millis | None = None
    """When the latest attempt began."""
    finished_at: Millis | None = None
    error: JsonObject | None = None
    """A `failure.Failure` as JSON; of the newest failed attempt while the job is still retried."""
    outputs_count: int = 0
    previewable_outputs_count: int = 0
    preview_output: JsonObject | None = None
    key_id: KeyId | None = None
    """The API key with which it was submitted."""
    deployment_id: DeploymentId | None = None
    """The deployment that it was sent to, if any."""
    webhook: WebhookEvents | None = None
    """Which of its changes are told to a webhook; None when there is none."""
    start_before: Millis | None = None
    """It expires unless an attempt has begun by then."""

    @property
    def awaits_inputs(self) -> bool:
        """Whether it waits for files, so that no worker may have it yet."""
        return self.state is JobState.QUEUED and self.not_before == UNTIL_INPUTS


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to run a job on one worker."""

    job_id: JobId
    number: int
    """1 for the first; counts released attempts too."""
    worker: WorkerId
    started_at: Millis
    ended_at: Millis | None = None
    outcome: JobEvent | None = None
    """The event that ended it."""
    error: JsonObject | None = None
