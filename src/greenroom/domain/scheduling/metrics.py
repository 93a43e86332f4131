"""What a simulation came to, in a few numbers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonValue
from greenroom.domain.scheduling import fairness
from greenroom.domain.scheduling.simulator import SimulatedRun


@dataclass(frozen=True, slots=True)
class Metrics:
    jobs: int
    hours: float
    """From the first job's coming to the last one's end."""
    jobs_per_hour: float
    wait_p50_s: float
    wait_p95_s: float
    wait_max_s: float
    loads: int
    """Runs that had to load models."""
    loading_share: float
    """Of the workers' busy time, what went into loading."""
    fairness: float
    """Of the worker time due to it, what the worst-served tenant got; 1 is all of it."""
    slowest_tenant_wait_s: float
    """Mean wait of the tenant that waits longest."""

    def as_json(self) -> dict[str, JsonValue]:
        return asdict(self)


def measure(runs: Sequence[SimulatedRun]) -> Metrics:
    """The figures of a simulation. It must hold at least one run."""
    waits = sorted(run.waited_ms / 1000 for run in runs)
    span_ms = max(run.ended_ms for run in runs) - min(run.job.at_ms for run in runs)
    hours = max(span_ms, 1) / 3_600_000
    loading = sum(run.loaded_ms for run in runs)
    busy = sum(run.loaded_ms + run.job.run_ms for run in runs)
    tenants: dict[TenantId, list[SimulatedRun]] = defaultdict(list)
    for run in runs:
        tenants[run.job.tenant].append(run)
    return Metrics(
        jobs=len(runs),
        hours=hours,
        jobs_per_hour=len(runs) / hours,
        wait_p50_s=_percentile(waits, 0.5),
        wait_p95_s=_percentile(waits, 0.95),
        wait_max_s=waits[-1],
        loads=sum(run.loaded_ms > 0 for run in runs),
        loading_share=loading / busy if busy else 0.0,
        fairness=min(fairness.served(runs).values()),
        slowest_tenant_wait_s=max(
            sum(run.waited_ms for run in its) / len(its) / 1000 for its in tenants.values()
        ),
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
