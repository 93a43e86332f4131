"""What the caller's jobs used of the workers, by day and by workflow, worker or key."""

from collections.abc import Sequence
from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.domain.usage import DAY_MS, UsageBy, Used
from greenroom.store import usage as usage_rows
from greenroom.store.database import Database

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Total:
    """The days of a report added up: of one name, or of all of them."""

    name: str
    jobs: int = 0
    succeeded: int = 0
    attempts: int = 0
    gpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class UsageReport:
    days: Sequence[Used]
    """By day and, within a day, by name."""
    names: Sequence[Total]
    """What used most comes first."""
    total: Total


class Usage:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def report(
        self, principal: Principal, by: UsageBy, tenant: TenantId | None = None,
        *, days: int = 30, utc_offset_minutes: int = 0,
    ) -> UsageReport:  # fmt: skip
        """The last `days` days, today among them, as days are where UTC is so far behind.

        Of a tenant, the caller's own when none is named; by tenant, the operator sees all of them.
        FORBIDDEN.
        """
        chosen: TenantId | None = principal.acting_for(tenant)
        if by is UsageBy.TENANT and tenant is None and principal.is_operator:
            chosen = None
        now, offset_ms = self._db.clock.now(), utc_offset_minutes * _MINUTE_MS
        today = (now + offset_ms) // DAY_MS
        since = Millis((today - days + 1) * DAY_MS - offset_ms)
        rows = await self._db.read(lambda tx: usage_rows.by_day(tx, chosen, by, since, offset_ms))
        names = sorted({row.name for row in rows})
        totals = [_total(name, [row for row in rows if row.name == name]) for name in names]
        ordered = sorted(totals, key=lambda total: (-total.gpu_seconds, total.name))
        return UsageReport(rows, ordered, _total("", rows))


def _total(name: str, rows: Sequence[Used]) -> Total:
    return Total(
        name,
        jobs=sum(row.jobs for row in rows),
        succeeded=sum(row.succeeded for row in rows),
        attempts=sum(row.attempts for row in rows),
        gpu_seconds=round(sum(row.gpu_ms for row in rows) / 1000, 3),
    )
