"""Given a failure and the attempts so far: retry when, or give up."""

from collections.abc import Iterable

from greenroom.domain.failure import RULES, FailureClass
from greenroom.domain.ids import WorkerId
from greenroom.domain.job import Attempt, JobEvent
from greenroom.domain.json import JsonObject

_FIRST_DELAY_MS = 1_000
_LONGEST_DELAY_MS = 60_000


def verdict(kind: FailureClass, attempt: int, lost_workers: int) -> JobEvent:
    """RETRY, FAIL or LOSE for a job whose `attempt`th try just ended with a failure of `kind`.

    `lost_workers` counts the workers lost so far, this one included. They have a budget of their
    own: a job that ran out of memory after it lost a worker still gets its second try.
    """
    budget = RULES[kind].retries
    if kind is FailureClass.WORKER_LOST:
        return JobEvent.RETRY if lost_workers <= budget else JobEvent.LOSE
    return JobEvent.RETRY if attempt - lost_workers <= budget else JobEvent.FAIL


def avoided(attempts: Iterable[Attempt]) -> frozenset[WorkerId]:
    """The workers on which a job failed in a way that asks for another one."""
    return frozenset(attempt.worker for attempt in attempts if _asks_for_another(attempt.error))


def _asks_for_another(error: JsonObject | None) -> bool:
    kind = (error or {}).get("kind")
    return any(kind == known.value and rule.elsewhere for known, rule in RULES.items())


def delay_ms(kind: FailureClass, attempt: int) -> int:
    """How long a retried job waits: none after a lost worker, else doubling up to a minute."""
    if kind is FailureClass.WORKER_LOST:
        return 0
    return min(_FIRST_DELAY_MS << max(attempt - 1, 0), _LONGEST_DELAY_MS)
