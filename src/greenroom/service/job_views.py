"""A job as its owner follows it: the record, what it has made, and its place in the queue."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain import output
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import Event, JobRan
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobDetail
from greenroom.service.assets import FileName
from greenroom.store import assets as asset_rows
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database

_KEPT_S = 1.0
"""Other servers on the same database are not heard."""
_MOST_KEPT = 4_096
_Key: TypeAlias = tuple[TenantId, JobId]


@dataclass(frozen=True, slots=True)
class KeptOutput:
    """A file that a node made."""

    node_id: str
    key: str
    """Under which the node listed it: images, gifs, audio, ..."""
    asset: Asset


@dataclass(frozen=True, slots=True)
class JobView:
    detail: JobDetail
    outputs: tuple[KeptOutput, ...]
    """In the order in which they were made; those that were deleted since are left out."""
    position: int | None
    """1 for the job that runs next; None when it does not wait."""

    @property
    def classes(self) -> dict[str, str]:
        """Node id -> class of the graph that runs."""
        graph: Mapping[str, object] = json.loads(self.detail.payload.to_run)
        return {
            node_id: str(node.get("class_type"))
            for node_id, node in graph.items()
            if isinstance(node, Mapping)
        }


class JobViews:
    """Jobs that wait or run are asked for again and again: their views are kept until an event."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._db = database
        self._kept: dict[_Key, tuple[JobView, float]] = {}
        self._events = 0
        bus.listen(self._hear)

    async def get(self, principal: Principal, job_id: JobId) -> JobView:
        """NOT_FOUND when it is unknown or somebody else's."""
        key = principal.tenant, job_id
        view, until = self._kept.get(key, (None, 0.0))
        if view is not None and time.monotonic() < until:
            return view
        events = self._events
        view = await self._read(principal, job_id)
        # Files can be deleted without an event, so views that list some are not kept.
        if events == self._events and not view.outputs and view.detail.job.finished_at is None:
            self._keep(key, view)
        return view

    def _keep(self, key: _Key, view: JobView) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = view, time.monotonic() + _KEPT_S

    def _hear(self, event: Event) -> None:
        self._events += 1
        if isinstance(event, JobRan):
            self._kept.pop((event.tenant, event.job_id), None)
        else:
            # Whatever happens to one job may change the places of others.
            self._kept.clear()

    async def _read(self, principal: Principal, job_id: JobId) -> JobView:
        def read(tx: Connection) -> JobView | None:
            detail = job_rows.details(tx, principal.tenant, job_id)
            if detail is None:
                return None
            names = list(_names(detail))
            found = asset_rows.find_many(tx, principal.tenant, [_key(name) for *_, name in names])
            kept = tuple(
                KeptOutput(node_id, key, asset)
                for node_id, key, name in names
                if (asset := found.get(_key(name))) is not None
            )
            return JobView(detail, kept, from_one(job_rows.position_of(tx, detail.job)))

        view = await self._db.read(read)
        if view is None:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
        return view

    async def position(self, principal: Principal, job_id: JobId) -> int | None:
        """1 for the job that runs next; None when it does not wait."""
        before = await self._db.read(lambda tx: job_rows.position(tx, principal.tenant, job_id))
        return from_one(before)


def from_one(before: int | None) -> int | None:
    """The place of a job before which so many wait."""
    return None if before is None else before + 1


def _names(detail: JobDetail) -> Iterator[tuple[str, str, FileName]]:
    outputs = json.loads(detail.result.outputs) if detail.result is not None else {}
    for node_id, key, item in output.files(outputs):
        try:
            root = Root(str(item.get("type") or Root.OUTPUT))
            folder = str(item.get("subfolder") or "")
            yield node_id, key, FileName.checked(root, folder, str(item["filename"]))
        except (AppError, ValueError):
            # A node may list what is no file of ours.
            continue


def _key(name: FileName) -> tuple[Root, str, str]:
    return name.root, name.subfolder, name.name
