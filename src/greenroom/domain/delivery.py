"""The delivery of a webhook: what is told, whether it arrived, and when to try again."""

from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeliveryId, JobId, TenantId
from greenroom.domain.job import TERMINAL_STATES, JobState
from greenroom.domain.webhook import WebhookEvents, WebhookForm

GIVE_UP_MS = 24 * 3_600_000
PAUSE_AFTER = 5
"""How many failures in a row make a target rest."""
_FIRST_WAIT_MS = 5_000
_LONGEST_WAIT_MS = 3_600_000
_FIRST_PAUSE_MS = 30_000
_LONGEST_PAUSE_MS = 600_000


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up."""


@dataclass(frozen=True, slots=True)
class JobNews:
    """That a job came into a state."""

    job_id: JobId
    state: JobState
    change_id: int
    """Of the change in the outbox."""


@dataclass(frozen=True, slots=True)
class BatchNews:
    """That the last job of a batch ended."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that is told, or was."""

    id: DeliveryId
    seq: int
    """Order in the database; of one job's deliveries, the order of its changes."""
    tenant: TenantId
    news: JobNews | BatchNews
    at: Millis
    """When it happened."""
    url: str
    form: WebhookForm
    base: str
    target: str
    status: DeliveryStatus
    tries: int
    next_at: Millis | None
    """When the next try is due; None when none is."""
    ended_at: Millis | None
    last_status: int | None
    """The HTTP status of the last answer; None when there was none."""
    last_error: str | None
    """Why the last try came to nothing."""

    @property
    def job_id(self) -> JobId | None:
        """None for what is told of a batch."""
        return self.news.job_id if isinstance(self.news, JobNews) else None


@dataclass(frozen=True, slots=True)
class DeliveryTry:
    number: int
    """1 for the first."""
    at: Millis
    status: int | None
    latency_ms: int | None
    answer: str
    """The beginning of what the target said."""
    error: str | None
    """None for a try that was answered with 2xx."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that is ours to make until the lease runs out."""

    delivery: Delivery
    lease: str
    give_up_at: Millis


@dataclass(frozen=True, slots=True)
class TriedDelivery:
    """What came of a try, and what follows."""

    report: DeliveryTry
    body: bytes
    status: DeliveryStatus
    next_at: Millis | None
    gone: bool = False
    """The URL is to get nothing more, of other jobs neither."""


@dataclass(frozen=True, slots=True)
class RestingTarget:
    """Failed so often that it is tried by one delivery at a time only, after a while."""

    target: str
    failures: int
    until: Millis
    waiting: int
    """Deliveries."""


def concerns(events: WebhookEvents, state: JobState) -> bool:
    """Whether a change into `state` is told."""
    told = events.of_job
    if state in TERMINAL_STATES:
        return told is not None
    return told is WebhookEvents.ALL and state is not JobState.CANCELING


def wait_ms(tries: int) -> int:
    """Between the try of that number and the next: doubles from 5 seconds to an hour."""
    return min(_FIRST_WAIT_MS << min(tries - 1, 20), _LONGEST_WAIT_MS)


def pause_ms(failures: int) -> int:
    """How long a target rests after so many failures in a row; 0 while they are few."""
    if failures < PAUSE_AFTER:
        return 0
    return min(_FIRST_PAUSE_MS << min(failures - PAUSE_AFTER, 20), _LONGEST_PAUSE_MS)


def is_received(status: int) -> bool:
    return 200 <= status < 300


def is_alive(status: int | None) -> bool:
    """Whether the target itself works, though it may not like the request."""
    return status is not None and status < 500 and status != 429
