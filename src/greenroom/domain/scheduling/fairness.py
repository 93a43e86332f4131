"""How much of the worker time that was due to each tenant it got in a simulation."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from greenroom.domain.ids import TenantId
from greenroom.domain.scheduling.simulator import SimulatedRun


@dataclass(slots=True)
class _Tenant:
    active: int = 0
    """Jobs that wait or run."""
    running: int = 0
    due: float = 0.0
    got: float = 0.0

    def pass_time(self, milliseconds: int, part: float) -> None:
        """Time goes by in which `part` workers are due to each tenant that has so many jobs."""
        due = min(self.active, part)
        self.due += due * milliseconds
        self.got += min(self.running, due) * milliseconds


def served(runs: Sequence[SimulatedRun]) -> dict[TenantId, float]:
    """Tenant -> what it got of its due, 0 to 1.

    At every moment the workers are divided evenly among the tenants that have jobs; what a tenant
    gets beyond its due, because others leave it, does not count.
    """
    tenants: dict[TenantId, _Tenant] = defaultdict(_Tenant)
    workers = len({run.worker for run in runs})
    last = 0
    for at, changes in groupby(sorted(_changes(runs)), key=lambda change: change[0]):
        active = [tenant for tenant in tenants.values() if tenant.active]
        for tenant in active:
            tenant.pass_time(at - last, workers / len(active))
        for _, name, more_active, more_running in changes:
            tenants[name].active += more_active
            tenants[name].running += more_running
        last = at
    return {name: one.got / one.due if one.due else 1.0 for name, one in tenants.items()}


def _changes(runs: Sequence[SimulatedRun]) -> Iterator[tuple[int, TenantId, int, int]]:
    for run in runs:
        tenant = run.job.tenant
        yield run.job.at_ms, tenant, 1, 0
        yield run.started_ms, tenant, 0, 1
        yield run.ended_ms, tenant, -1, -1
