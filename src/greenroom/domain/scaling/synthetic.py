"""Made-up loads of one deployment, by name; the same on every machine."""

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from greenroom.domain.scheduling.trace import TraceJob

_RUN_MS = 10_000


def burst() -> list[TraceJob]:
    """Two hundred jobs at once, in the midst of nothing."""
    return [TraceJob(300_000, _RUN_MS, {})] * 200


def trickle() -> list[TraceJob]:
    """A job about every five minutes, for eight hours."""
    chance = random.Random(1)  # noqa: S311 - a trace must be repeatable, not secret
    return [TraceJob(at * 300_000 + chance.randrange(60_000), _RUN_MS, {}) for at in range(96)]


def flapping() -> list[TraceJob]:
    """Three hours in which half a minute of work and 75 seconds of nothing take turns."""
    jobs = []
    for turn in range(103):
        jobs += [TraceJob(turn * 105_000, _RUN_MS, {})] * 3
    return jobs


LOADS: Mapping[str, Callable[[], list[TraceJob]]] = MappingProxyType(
    {made.__name__: made for made in (burst, trickle, flapping)}
)
