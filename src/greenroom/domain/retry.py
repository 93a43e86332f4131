"""Given a failure and the attempts so far: retry when, or give up."""

from greenroom.domain.failure import RULES, FailureClass
from greenroom.domain.job import JobEvent

_FIRST_DELAY_MS = 1_000
_LONGEST_DELAY_MS = 60_000


def verdict(kind: FailureClass, attempt: int, lost_workers: int) -> JobEvent:
    """RETRY, FAIL or LOSE for a job whose `attempt`th try just ended with a failure of `kind`.

    `lost_workers` counts the workers lost so far, this one included.
    """
    budget = RULES[kind].retries
    if kind is FailureClass.WORKER_LOST:
        return JobEvent.RETRY if lost_workers <= budget else JobEvent.LOSE
    return JobEvent.RETRY if attempt <= budget else JobEvent.FAIL


def delay_ms(kind: FailureClass, attempt: int) -> int:
    """How long a retried job waits: none after a lost worker, else doubling up to a minute."""
    if kind is FailureClass.WORKER_LOST:
        return 0
    return min(_FIRST_DELAY_MS << max(attempt - 1, 0), _LONGEST_DELAY_MS)
