"""What the operator allows a tenant: so many jobs that wait, and so many that run at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonValue
from greenroom.domain.principal import Principal
from greenroom.store import settings as setting_rows
from greenroom.store.database import Database

_USER = "__tenant__"
"""The settings of this name are the tenant's own; no user can have it."""
_RUNNING, _WAITING = "most_running", "most_waiting"
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class TenantLimit:
    """None sets no limit of its own."""

    running: int | None = None
    waiting: int | None = None


NO_LIMIT = TenantLimit()


class TenantLimits:
    def __init__(self, database: Database) -> None:
        self._db = database
        self.running: dict[TenantId, int] = {}
        """For the scheduler."""
        self.waiting: dict[TenantId, int] = {}
        """For who accepts jobs."""

    @property
    def tenants(self) -> set[TenantId]:
        return {*self.running, *self.waiting}

    def get(self, tenant: TenantId) -> TenantLimit:
        return TenantLimit(self.running.get(tenant), self.waiting.get(tenant))

    async def put(self, principal: Principal, tenant: TenantId, limit: TenantLimit) -> None:
        """FORBIDDEN for all but the operator; BAD_REQUEST for a number that is too small."""
        principal.require_operator()
        for most in (limit.running, limit.waiting):
            if most is not None and not 1 <= most <= _MOST:
                told = f"A limit lies between 1 and {_MOST}; pause a tenant that is to run nothing."
                raise AppError(ErrorCode.BAD_REQUEST, told)
        values: Mapping[str, JsonValue] = {_RUNNING: limit.running, _WAITING: limit.waiting}
        await self._db.write(lambda tx: setting_rows.put(tx, tenant, _USER, values))
        await self.refresh()

    async def refresh(self) -> None:
        """Read what is stored: another server may have changed it."""
        running, waiting = await self._db.read(
            lambda tx: (
                setting_rows.of_every_tenant(tx, _USER, _RUNNING),
                setting_rows.of_every_tenant(tx, _USER, _WAITING),
            )
        )
        for known, stored in ((self.running, running), (self.waiting, waiting)):
            known.clear()
            known.update({one: most for one, most in stored.items() if isinstance(most, int)})
