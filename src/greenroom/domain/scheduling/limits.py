"""The numbers that the policy turns on, as plain data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from greenroom.domain.ids import TenantId


@dataclass(frozen=True, slots=True)
class Limits:
    """All times in milliseconds."""

    lane_wait_ms: int = 180_000
    """How long class and fair share may pass over a tenant's jobs without starting one."""
    group_wait_ms: int = 120_000
    """How long warm models may pass over jobs that need others without starting one."""
    turn_ms: int = 30_000
    """How long a worker stays with models it has just loaded, if jobs for them wait."""
    near_ms: int = 3_000
    """Loading that takes no longer than this does not count as a change of models."""
    share_ms: int = 60_000
    """GPU time by which tenants may differ before fair share prefers one."""
    running_per_tenant: int | None = None
    running_of: Mapping[TenantId, int] = field(default_factory=lambda: MappingProxyType({}))
    """Limits of single tenants, in place of `running_per_tenant`."""
    weights: Mapping[TenantId, float] = field(default_factory=lambda: MappingProxyType({}))
    """A tenant of weight 2 gets twice the GPU time; 1 where nothing is said."""

    paused: Collection[TenantId] = frozenset()
    """Tenants whose waiting jobs are held back."""
    full: Collection[TenantId] = frozenset()
    """Tenants that run all they may, with what they run on other servers."""

    def may_run(self, tenant: TenantId, running: int) -> bool:
        """Whether a tenant that runs so many jobs may start one more."""
        if tenant in self.paused or tenant in self.full:
            return False
        most = self.running_of.get(tenant, self.running_per_tenant)
        return most is None or running < most
