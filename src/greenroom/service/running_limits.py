"""How many jobs of a tenant may run at once, as it wishes it and the operator allows it."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import LEASED_STATES
from greenroom.domain.principal import Principal
from greenroom.domain.scheduling.limits import Limits
from greenroom.service.tenant_limits import TenantLimits
from greenroom.store import job_counts
from greenroom.store import jobs as job_rows
from greenroom.store import settings as setting_rows
from greenroom.store.database import Database
from greenroom.store.dialect import one_at_a_time

_USER = "__tenant__"
"""The settings of this name are the tenant's own; no user can have it."""
_KEY = "max_concurrent"
_MOST = 10


class RunningLimits:
    def __init__(
        self, database: Database, paused: Collection[TenantId] = frozenset(),
        allowed: TenantLimits | None = None, *, shared: bool = False,
    ) -> None:  # fmt: skip
        """`paused`: the tenants that may run nothing now. `shared`: other servers run jobs too."""
        self._db = database
        self._allowed = allowed or TenantLimits(database)
        self._shared = shared
        self._wished: dict[TenantId, int] = {}
        self._known: dict[TenantId, int] = {}
        self._full: set[TenantId] = set()
        self._stored: Mapping[TenantId, int] = self._known
        """The same, never changed: transactions read it in threads of their own."""
        self.limits = Limits(
            running_of=MappingProxyType(self._known), paused=paused, full=self._full
        )
        """For the scheduler, which reads them at each choice."""

    def get(self, principal: Principal) -> int | None:
        return self._wished.get(principal.tenant)

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
        self._wished = limits
        await self._allowed.refresh()
        smaller = {**limits}
        for tenant, most in self._allowed.running.items():
            smaller[tenant] = min(most, smaller.get(tenant, most))
        self._stored = smaller
        self._known.clear()
        self._known.update(smaller)

    def admitted(self, tx: Connection, chosen: Sequence[JobId]) -> Sequence[JobId]:
        """Those of the jobs that may start, whatever other servers run.

        Nobody else starts any of these tenants' jobs before the transaction ends. It costs nothing
        where no tenant has a limit.
        """
        limits = self._stored
        if not self._shared or not limits:
            return chosen
        tenants = job_rows.tenants(tx, chosen)
        # In one order everywhere, so that no two servers wait for each other.
        limited = sorted(limits.keys() & set(tenants.values()))
        room = {tenant: _room(tx, tenant, limits[tenant]) for tenant in limited}
        admitted = []
        for job_id in chosen:
            tenant = tenants.get(job_id)
            if tenant in room and room[tenant] <= 0:
                self._full.add(tenant)
                continue
            if tenant in room:
                room[tenant] -= 1
            admitted.append(job_id)
        return admitted

    async def look_again(self) -> None:
        """Let the tenants go on that ran all they might, and do so no more."""
        full = [*self._full]
        if full:
            running = await self._db.read(lambda tx: {one: _running(tx, one) for one in full})
            known = self._stored
            self._full -= {one for one in full if one not in known or running[one] < known[one]}


def _room(tx: Connection, tenant: TenantId, most: int) -> int:
    one_at_a_time(tx, _lock(tenant))
    return most - _running(tx, tenant)


def _running(tx: Connection, tenant: TenantId) -> int:
    return job_counts.in_states(tx, tenant, LEASED_STATES)


def _lock(tenant: TenantId) -> int:
    """As PostgreSQL names a lock: 64 bits with a sign."""
    digest = hashlib.blake2b(f"running {tenant}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
