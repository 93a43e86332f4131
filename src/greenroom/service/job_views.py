"""A job as its owner follows it: the record, what it has made, and its place in the queue."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.domain import output
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobDetail
from greenroom.service.assets import FileName
from greenroom.store import assets as asset_rows
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database


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
    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, principal: Principal, job_id: JobId) -> JobView:
        """NOT_FOUND when it is unknown or somebody else's."""

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
            return JobView(detail, kept, _position(tx, principal, job_id, detail.job.state))

        view = await self._db.read(read)
        if view is None:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
        return view

    async def position(self, principal: Principal, job_id: JobId) -> int | None:
        """1 for the job that runs next; None when it does not wait."""
        return await self._db.read(lambda tx: _position(tx, principal, job_id, JobState.QUEUED))


def _position(tx: Connection, principal: Principal, job_id: JobId, state: JobState) -> int | None:
    if state is not JobState.QUEUED:
        return None
    before = job_rows.position(tx, principal.tenant, job_id)
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
