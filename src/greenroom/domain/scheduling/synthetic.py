"""Made-up traces, by name; the same on every machine."""

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from greenroom.domain.ids import TenantId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.scheduling.trace import TraceJob
from greenroom.domain.scheduling.waiting import Priority

_LOAD_MS = 20_000
_RUN_MS = 4_000
_SETS = tuple({ModelFile("checkpoints", f"model-{letter}.safetensors"): _LOAD_MS}
              for letter in "abcdefgh")  # fmt: skip


def mix(jobs: int = 1_500, per_hour: float = 2_400) -> list[TraceJob]:
    """Jobs for eight sets of models in random order, at an even rate."""
    chance = _chance(1)
    gap_ms = 3_600_000 / per_hour
    return [
        TraceJob(round(number * gap_ms), _RUN_MS, chance.choice(_SETS)) for number in range(jobs)
    ]


def backlog() -> list[TraceJob]:
    """Eight hundred jobs for eight sets of models, all there from the start."""
    chance = _chance(2)
    return [TraceJob(0, _RUN_MS, chance.choice(_SETS)) for _ in range(800)]


def bursts() -> list[TraceJob]:
    """Every ten minutes sixty jobs for one set of models, above a trickle for all the others."""
    chance = _chance(3)
    jobs = [TraceJob(at * 30_000, _RUN_MS, chance.choice(_SETS)) for at in range(240)]
    for burst in range(12):
        jobs += [TraceJob(burst * 600_000, _RUN_MS, _SETS[burst % len(_SETS)])] * 60
    return sorted(jobs, key=lambda job: job.at_ms)


def trickle() -> list[TraceJob]:
    """A job now and then, far below what the workers can do."""
    chance = _chance(4)
    return [
        TraceJob(number * 20_000 + chance.randrange(10_000), _RUN_MS, chance.choice(_SETS[:4]))
        for number in range(200)
    ]


def tenants() -> list[TraceJob]:
    """One tenant floods the queue with batch jobs; nineteen others send a job now and then."""
    chance = _chance(5)
    flood = [
        TraceJob(number, _RUN_MS, chance.choice(_SETS[:3]), TenantId("flood"), Priority.BATCH)
        for number in range(1_500)
    ]
    others = [
        TraceJob(
            chance.randrange(1_800_000),
            chance.randrange(2_000, 8_000),
            _SETS[number % len(_SETS)],
            TenantId(f"tenant-{number % 19:02}"),
        )
        for number in range(380)
    ]
    return sorted(flood + others, key=lambda job: job.at_ms)


TRACES: Mapping[str, Callable[[], list[TraceJob]]] = MappingProxyType(
    {made.__name__: made for made in (mix, backlog, bursts, trickle, tenants)}
)


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a trace must be repeatable, not secret
