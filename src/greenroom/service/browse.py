"""What people page through: jobs with their graphs, the queue, and files."""

import asyncio
import json
from dataclasses import dataclass

from greenroom.domain.asset import Asset
from greenroom.domain.browse import AssetSearch, JobSearch, Place
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobDetail
from greenroom.domain.workflow.mentions import mentions
from greenroom.store import browse as rows
from greenroom.store.database import Database

_BATCH = 250
_MOST_DECODED = 5_000
_REACH = 2_000
"""Jobs that one step of a search looks at: some 20 ms on SQLite."""


@dataclass(frozen=True, slots=True)
class JobPage:
    jobs: list[JobDetail]
    """Without their results."""
    next: Place | None
    """Where the next page begins; None on the last. A page of a search may be short before it."""


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
        if search.text:
            return await self._search(principal, search, after, limit)
        found = await self._jobs(principal, search, after, limit + 1)
        return _page(found, limit)

    async def _search(
        self, principal: Principal, search: JobSearch, after: Place | None, limit: int
    ) -> JobPage:
        """The database finds where the words stand anywhere; the graph says whether they count."""
        found: list[JobDetail] = []
        place, decoded = after, 0
        while decoded < _MOST_DECODED:
            batch, place = await self._look_through(principal, search, place)
            found += await asyncio.to_thread(_meant, batch, search.text or "")
            if len(found) > limit or place is None:
                return _page(found, limit)
            decoded += len(batch)
        return JobPage(found, place)

    async def _look_through(
        self, principal: Principal, search: JobSearch, after: Place | None
    ) -> tuple[list[JobDetail], Place | None]:
        """One step of a search, short enough for what else waits to be read."""
        return await self._db.read(
            lambda tx: rows.look_through(
                tx, principal.tenant, search, after, reach=_REACH, limit=_BATCH
            )
        )

    async def _jobs(
        self, principal: Principal, search: JobSearch, after: Place | None, limit: int
    ) -> list[JobDetail]:
        return await self._db.read(
            lambda tx: rows.job_page(tx, principal.tenant, search, after, limit)
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


def _page(found: list[JobDetail], limit: int) -> JobPage:
    page = found[:limit]
    return JobPage(page, rows.place_of(page[-1]) if len(found) > limit else None)


def _meant(batch: list[JobDetail], words: str) -> list[JobDetail]:
    return [one for one in batch if _is_meant(one, words)]


def _is_meant(detail: JobDetail, words: str) -> bool:
    if detail.job.id.startswith(words.lower()):
        return True
    graph, sent = json.loads(detail.payload.prompt), json.loads(detail.payload.extra_data)
    return mentions(graph, sent, words)
