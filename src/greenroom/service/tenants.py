"""The tenants: how many jobs of each wait or run, and whose waiting jobs are held back."""

from collections.abc import Callable
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.principal import Principal
from greenroom.store import job_counts
from greenroom.store import settings as setting_rows
from greenroom.store.database import Database

_USER = "__tenant__"
"""The settings of this name are the tenant's own; no user can have it."""
_KEY = "paused"


@dataclass(frozen=True, slots=True)
class Tenant:
    id: TenantId
    active: int
    """How many jobs wait or run."""
    paused: bool
    """What waits is held back; what runs goes on."""


class Tenants:
    """Callers of the default tenant run the installation: they see and steer every tenant."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.paused: set[TenantId] = set()
        """For the scheduler, which looks at each choice."""
        self._listeners: list[Callable[[TenantId], None]] = []

    def listen(self, listener: Callable[[TenantId], None]) -> Callable[[], None]:
        """Call `listener` when a tenant is paused or resumed; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def all(self, principal: Principal) -> list[Tenant]:
        """Those the caller may steer that have jobs, or are paused; its own always."""
        active = await self._db.read(job_counts.active)
        known = {*active, *self.paused, principal.tenant}
        if principal.tenant != DEFAULT_TENANT:
            known = {principal.tenant}
        return [self._tenant(one, active.get(one, 0)) for one in sorted(known)]

    async def pause(self, principal: Principal, tenant: TenantId) -> Tenant:
        """Start no more jobs of the tenant, also after a restart. FORBIDDEN, NOT_FOUND."""
        return await self._set(principal, tenant, paused=True)

    async def resume(self, principal: Principal, tenant: TenantId) -> Tenant:
        """Start the tenant's jobs again. FORBIDDEN, NOT_FOUND."""
        return await self._set(principal, tenant, paused=False)

    async def refresh(self) -> None:
        """Read what is stored: another server may have changed it."""
        stored = await self._db.read(lambda tx: setting_rows.of_every_tenant(tx, _USER, _KEY))
        now = {tenant for tenant, paused in stored.items() if paused is True}
        changed = now ^ self.paused
        self.paused.intersection_update(now)
        self.paused.update(now)
        for tenant in changed:
            for listener in self._listeners:
                listener(tenant)

    async def _set(self, principal: Principal, tenant: TenantId, *, paused: bool) -> Tenant:
        if principal.tenant not in {tenant, DEFAULT_TENANT}:
            raise AppError(ErrorCode.FORBIDDEN, "This key steers the jobs of its own tenant only.")
        found = {one.id: one for one in await self.all(principal)}
        if tenant not in found:
            raise AppError(ErrorCode.NOT_FOUND, f"There is no tenant {tenant!r} with jobs.")
        await self._db.write(lambda tx: setting_rows.put(tx, tenant, _USER, {_KEY: paused}))
        await self.refresh()
        return self._tenant(tenant, found[tenant].active)

    def _tenant(self, tenant: TenantId, active: int) -> Tenant:
        return Tenant(tenant, active, tenant in self.paused)
