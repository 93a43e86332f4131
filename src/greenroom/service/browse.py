"""What people page through: jobs with their graphs, the queue, and files."""

from dataclasses import dataclass

from greenroom.domain.asset import Asset
from greenroom.domain.browse import AssetSearch, JobSearch, Place
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobDetail
from greenroom.store import browse as rows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class JobPage:
    jobs: list[JobDetail]
    """Without their results."""
    next: Place | None
    """Where the next page begins; None on the last."""


@dataclass(frozen=True, slots=True)
class AssetPage:
    assets: list[Asset]
    next: Place | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    running: list[JobDetail]
    waiting: list[JobDetail]
    """The first of those that wait."""
    waiting_total: int


class Browse:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def jobs(
        self, principal: Principal, search: JobSearch, after: Place | None, limit: int
    ) -> JobPage:
        """The newest first."""
        found = await self._db.read(
            lambda tx: rows.job_page(tx, principal.tenant, search, after, limit + 1)
        )
        page = found[:limit]
        more = len(found) > limit
        return JobPage(
            page, Place(page[-1].job.created_at, str(page[-1].job.seq)) if more else None
        )

    async def queue(self, principal: Principal, limit: int) -> QueuePage:
        """What runs, and the first `limit` of what waits, in the order in which it runs."""
        running = await self._db.read(lambda tx: rows.running(tx, principal.tenant))
        waiting, total = await self._db.read(lambda tx: rows.waiting(tx, principal.tenant, limit))
        return QueuePage(running, waiting, total)

    async def assets(
        self, principal: Principal, search: AssetSearch, after: Place | None, limit: int
    ) -> AssetPage:
        """The newest first."""
        found = await self._db.read(
            lambda tx: rows.asset_page(tx, principal.tenant, search, after, limit + 1)
        )
        page = found[:limit]
        if len(found) <= limit:
            return AssetPage(page, None)
        return AssetPage(page, Place(page[-1].created_at, page[-1].id))
