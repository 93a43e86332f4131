"""What the instances of a deployment came to, in a few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from greenroom.domain.clock import Millis
from greenroom.domain.scaling.instance import Instance


@dataclass(frozen=True, slots=True)
class Account:
    """Of a stretch of time; an instance that began before counts as a whole."""

    starts: int
    failed: int
    """Starts that never answered."""
    needless: int
    """Instances that ended without having brought a job to its end."""
    cold_start_ms: int | None
    """How long a start took, the middle one; None while none was measured."""
    busy_ms: int
    """How long those that ended had run jobs."""
    warm_ms: int
    """How long these had stood ready without any."""


def account(instances: Sequence[Instance], now: Millis) -> Account:
    starts = [one.start_ms for one in instances if one.start_ms is not None]
    ended = [one for one in instances if one.ended_at is not None]
    served = [one for one in ended if one.ready_at is not None]
    ready_ms = sum((one.ended_at or now) - (one.ready_at or now) for one in served)
    busy_ms = sum(one.busy_ms for one in served)
    return Account(
        starts=len(instances),
        failed=len(ended) - len(served),
        needless=sum(one.jobs == 0 for one in served),
        cold_start_ms=round(median(starts)) if starts else None,
        busy_ms=busy_ms,
        warm_ms=max(ready_ms - busy_ms, 0),
    )
