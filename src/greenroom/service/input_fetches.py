"""Fetch what accepted jobs wait for, until it is there or is known not to come."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain import ids
from greenroom.domain.asset import Asset
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import Event, JobChanged, JobReady
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.ids import TenantId
from greenroom.domain.input_fetch import (
    GIVE_UP_MS,
    MOST_BEGUN,
    InputFetch,
    next_try,
    shown,
)
from greenroom.domain.job import Job, JobEvent, JobState
from greenroom.domain.json import compact
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.refs import replace_references
from greenroom.service.acceptance import keep_inputs
from greenroom.service.asset_references import place_of
from greenroom.service.media_fetch import MediaFetch
from greenroom.service.media_inputs import Download, TakenIn
from greenroom.store import assets as asset_rows
from greenroom.store import input_fetches as rows
from greenroom.store import payloads, transitions
from greenroom.store.database import Database

_log = logging.getLogger(__name__)
_AT_ONCE = 32
_OF_ONE_TENANT = 8
_RENEW_MS = rows.LEASE_MS // 3


@dataclass(frozen=True, slots=True)
class _Running:
    fetch: InputFetch
    download: Download
    task: asyncio.Task[None]

    def cancel(self) -> None:
        # A task that has not begun yet would leave its download alone.
        self.download.cancel()
        self.task.cancel()


class InputFetches:
    """Of several servers on one database, one fetches a file; when it dies, another begins anew."""

    def __init__(self, database: Database, bus: Bus, media: MediaFetch) -> None:
        self._db = database
        self._bus = bus
        self._media = media
        self._busy: dict[str, TenantId] = {}
        self._running: dict[str, _Running] = {}
        self._renewed_at = Millis(0)
        self._claiming = asyncio.Lock()
        self._stopped = False
        bus.listen(self._hear)

    def reserve(self, tenant: TenantId, downloads: Sequence[Download]) -> list[str]:
        """Leases for the first of these downloads, as many as there is room for."""
        if self._stopped:
            return []
        room = min(_AT_ONCE - len(self._busy), _OF_ONE_TENANT - self._counts()[tenant])
        return [self._count(tenant, one) for one in downloads[: max(room, 0)]]

    def adopt(self, job: Job, taken: TakenIn) -> None:
        """Go on with the downloads of a job that was just accepted."""
        end = Millis(job.created_at + GIVE_UP_MS)
        for position, file in enumerate(taken.awaited):
            if file.lease is not None:
                fetch = InputFetch(job.id, job.tenant, position, file, file.lease, 1, end)
                self._follow(fetch, taken.downloads[file.lease])

    async def recover(self) -> None:
        """At the start of the only server on its database: what the last one fetched is due."""
        now = self._db.clock.now()
        await self._db.write(lambda tx: rows.release_all(tx, now))

    async def tick(self) -> None:
        """Begin what is due and there is room for, and hold on to what goes on."""
        await self._renew()
        await self._begin()

    async def stop(self) -> None:
        """Another server, or the next one, may begin anew at once."""
        self._stopped = True
        async with self._claiming:  # Nothing begins any more.
            running = dict(self._running)
        for one in running.values():
            one.cancel()
        ending = [task for one in running.values() for task in (one.download, one.task)]
        await asyncio.gather(*ending, return_exceptions=True)
        now = self._db.clock.now()
        if running:
            await self._db.write(lambda tx: rows.release(tx, list(running), now))

    async def _begin(self) -> None:
        async with self._claiming:
            while (room := self._room()) > 0 and (found := await self._claim(room)):
                for fetch in found:
                    download = asyncio.create_task(self._download(fetch))
                    self._count(fetch.tenant, download, fetch.lease)
                    self._follow(fetch, download)

    async def _claim(self, room: int) -> list[InputFetch]:
        now = self._db.clock.now()
        if not await self._db.read(lambda tx: rows.any_due(tx, now)):
            return []
        busy = [tenant for tenant, count in self._counts().items() if count >= _OF_ONE_TENANT]
        return await self._db.write(lambda tx: rows.claim(tx, now, room, busy))

    def _room(self) -> int:
        """How many may begin, though all of them were one tenant's."""
        if self._stopped:
            return 0
        counts = [count for count in self._counts().values() if count < _OF_ONE_TENANT]
        return min(_AT_ONCE - len(self._busy), _OF_ONE_TENANT - max(counts, default=0))

    async def _renew(self) -> None:
        now = self._db.clock.now()
        if not self._running or now - self._renewed_at < _RENEW_MS:
            return
        self._renewed_at = now
        mine = list(self._running)
        held = await self._db.write(lambda tx: rows.renew(tx, mine, now))
        self._cancel(one for lease, one in self._running.items()
                     if lease in mine and lease not in held)  # fmt: skip

    async def _download(self, fetch: InputFetch) -> Asset:
        if fetch.tries > MOST_BEGUN:
            message = f"It was begun {fetch.tries - 1} times, and each time the server ended."
            raise AppError(ErrorCode.UNAVAILABLE, message)
        return await self._media.fetch(Principal(fetch.tenant), fetch.file.url, fetch.file.kind)

    def _follow(self, fetch: InputFetch, download: Download) -> None:
        task = asyncio.create_task(self._see_through(fetch, download))
        self._running[fetch.lease] = _Running(fetch, download, task)
        task.add_done_callback(lambda _: self._running.pop(fetch.lease, None))

    async def _see_through(self, fetch: InputFetch, download: Download) -> None:
        """To its end; where the database fails, the fetch is due again when its lease has ended."""
        try:
            try:
                asset = await download
            except AppError as error:
                await self._broke(fetch, error)
            else:
                await self._arrived(fetch, asset)
        except Exception:  # noqa: BLE001 - it is begun anew
            _log.exception("what came of an input of job %s is not known", fetch.job_id)
        self._running.pop(fetch.lease, None)
        await self._begin()

    async def _arrived(self, fetch: InputFetch, asset: Asset) -> None:
        now = self._db.clock.now()

        def write(tx: Connection) -> bool:
            if not rows.hold(tx, fetch):
                return False
            keep_inputs(tx, fetch.job_id, now, [asset])
            complete = rows.arrive(tx, fetch, asset.id)
            if complete:
                _put_in_place(tx, fetch)
            return complete

        if await self._db.write(write):
            self._bus.publish(JobReady(fetch.job_id, fetch.tenant, now))

    async def _broke(self, fetch: InputFetch, error: AppError) -> None:
        now = self._db.clock.now()
        at = next_try(fetch, error, now)

        def write(tx: Connection) -> JobChanged | None:
            if not rows.hold(tx, fetch):
                return None
            if at is not None:
                rows.try_again(tx, fetch, error.message, at)
                return None
            failure = _failure(tx, fetch, error)
            outcome = transitions.Outcome(error=failure.as_json())
            return transitions.move(tx, fetch.job_id, JobEvent.LACK, now, outcome=outcome)

        change = await self._db.write(write)
        if change is not None:
            _log.info("job %s: %s", fetch.job_id, (change.job.error or {}).get("message"))
            self._bus.publish(change)

    def _count(self, tenant: TenantId, download: Download, lease: str | None = None) -> str:
        """Against the limits, as long as it goes on."""
        token = lease or ids.new_lease_token()

        def ended(one: Download) -> None:
            del self._busy[token]
            _ = one.cancelled() or one.exception()  # Whoever waits for it is told as well.

        self._busy[token] = tenant
        download.add_done_callback(ended)
        return token

    def _counts(self) -> Counter[TenantId]:
        return Counter(self._busy.values())

    def _hear(self, event: Event) -> None:
        if isinstance(event, JobChanged) and event.job.state is not JobState.QUEUED:
            job_id = event.job.id
            self._cancel(one for one in self._running.values() if one.fetch.job_id == job_id)

    def _cancel(self, unwanted: Iterable[_Running]) -> None:
        for one in tuple(unwanted):
            if one.task is not asyncio.current_task():
                one.cancel()


def _put_in_place(tx: Connection, fetch: InputFetch) -> None:
    """The job may run, with names of files where its graph had addresses."""
    there = rows.take_arrived(tx, fetch.job_id)
    found = asset_rows.get_many(tx, fetch.tenant, [one.asset_id for one in there])
    names = {asset.id: place_of(asset) for asset in found}
    values = {place: names[one.asset_id] for one in there for place in one.places}
    graph = json.loads(payloads.of_job(tx, fetch.job_id).to_run)
    payloads.set_graph(tx, fetch.job_id, compact(replace_references(graph, values)).encode())


def _failure(tx: Connection, fetch: InputFetch, error: AppError) -> Failure:
    place, where = fetch.file.places[0], shown(fetch.file.url)
    node = parse_graph(json.loads(payloads.of_job(tx, fetch.job_id).to_run)).nodes[place.node_id]
    often = f" It was tried {fetch.tries} times." if fetch.tries > 1 else ""
    message = (
        f"node {place.node_id}, input {place.input!r}: {where} could not be fetched: "
        f"{error.message}{often}"
    )
    return Failure(FailureClass.INPUT_UNAVAILABLE, message, place.node_id, node.class_type)
