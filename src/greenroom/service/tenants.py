"""The tenants: how many jobs of each wait or run, and whose waiting jobs are held back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from greenroom.domain.api_key import KeyRole
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.service.tenant_limits import NO_LIMIT, TenantLimit, TenantLimits
from greenroom.store import api_keys, job_counts
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
    keys: int = 0
    """Valid ones of clients."""
    limit: TenantLimit = NO_LIMIT


class Tenants:
    """Callers of the default tenant run the installation: they see and steer every tenant."""

    def __init__(self, database: Database, limits: TenantLimits | None = None) -> None:
        self._db = database
        self.limits = limits or TenantLimits(database)
        self.paused: set[TenantId] = set()
        """For the scheduler, which looks at each choice."""
        self._listeners: list[Callable[[TenantId], None]] = []

    def listen(self, listener: Callable[[TenantId], None]) -> Callable[[], None]:
        """Call `listener` when a tenant is paused or resumed; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def all(self, principal: Principal) -> list[Tenant]:
        """Those the caller may steer with active jobs, a key or a limit, and paused ones.

        Its own always.
        """
        active, keys = await self._db.read(
            lambda tx: (job_counts.active(tx), api_keys.counts(tx, KeyRole.CLIENT))
        )
        known = {*active, *keys, *self.paused, *self.limits.tenants, principal.tenant}
        if not principal.is_operator:
            known = {principal.tenant}
        return [
            Tenant(
                one, active.get(one, 0), one in self.paused, keys.get(one, 0),
                self.limits.get(one),
            )
            for one in sorted(known)
        ]  # fmt: skip

    async def limit(
        self, principal: Principal, tenant: TenantId, wish: Mapping[str, int | None]
    ) -> Tenant:
        """Change the limits that `wish` names, `running` or `waiting`; of a new tenant, too.

        FORBIDDEN for all but the operator; BAD_REQUEST.
        """
        await self.limits.put(principal, tenant, replace(self.limits.get(tenant), **wish))
        found = {one.id: one for one in await self.all(principal)}
        return found.get(tenant) or Tenant(tenant, 0, paused=False)

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
        principal.acting_for(tenant)
        found = {one.id: one for one in await self.all(principal)}
        if tenant not in found:
            raise AppError(ErrorCode.NOT_FOUND, f"There is no tenant {tenant!r} with jobs or keys.")
        await self._db.write(lambda tx: setting_rows.put(tx, tenant, _USER, {_KEY: paused}))
        await self.refresh()
        return replace(found[tenant], paused=tenant in self.paused)
