"""How many jobs of a tenant may run at once, as it wishes it and the operator allows it."""

from collections.abc import Collection
from types import MappingProxyType

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.domain.scheduling.limits import Limits
from greenroom.service.tenant_limits import TenantLimits
from greenroom.store import settings as setting_rows
from greenroom.store.database import Database

_USER = "__tenant__"
"""The settings of this name are the tenant's own; no user can have it."""
_KEY = "max_concurrent"
_MOST = 10


class RunningLimits:
    def __init__(
        self, database: Database, paused: Collection[TenantId] = frozenset(),
        allowed: TenantLimits | None = None,
    ) -> None:  # fmt: skip
        """`paused`: the tenants that may run nothing now."""
        self._db = database
        self._allowed = allowed or TenantLimits(database)
        self._known: dict[TenantId, int] = {}
        self._smaller: dict[TenantId, int] = {}
        self.limits = Limits(running_of=MappingProxyType(self._smaller), paused=paused)
        """For the scheduler, which reads them at each choice."""

    def get(self, principal: Principal) -> int | None:
        return self._known.get(principal.tenant)

    async def put(self, principal: Principal, most: int | None) -> None:
        """None takes the limit away. BAD_REQUEST for a number that is not between 1 and 10."""
        if most is not None and not 1 <= most <= _MOST:
            raise AppError(ErrorCode.BAD_REQUEST, f"'{_KEY}' lies between 1 and {_MOST}.")
        tenant = principal.tenant
        await self._db.write(lambda tx: setting_rows.put(tx, tenant, _USER, {_KEY: most}))
        await self.refresh()

    async def refresh(self) -> None:
        """Read what is stored: another server may have changed it."""
        stored = await self._db.read(lambda tx: setting_rows.of_every_tenant(tx, _USER, _KEY))
        limits = {tenant: most for tenant, most in stored.items() if isinstance(most, int)}
        self._known.clear()
        self._known.update(limits)
        await self._allowed.refresh()
        both = ((one, most) for of in (limits, self._allowed.running) for one, most in of.items())
        smaller: dict[TenantId, int] = {}
        for one, most in both:
            smaller[one] = min(most, smaller.get(one, most))
        self._smaller.clear()
        self._smaller.update(smaller)
