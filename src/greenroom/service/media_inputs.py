"""Take in the files that a graph's loaders are to read from elsewhere, as far as they come soon."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from greenroom.domain.asset import Asset
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, TenantId
from greenroom.domain.input_fetch import AwaitedFile
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.media_inputs import is_address, is_asset_id, is_data
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.override_check import Problem, refusal
from greenroom.domain.workflow.refs import (
    ASSET_TYPE,
    FileReference,
    Place,
    file_references,
    replace_references,
)
from greenroom.service.media_fetch import MediaFetch

_MOST = 50
"""Different files of one request."""
_AT_ONCE = 4
_WORDS: Mapping[ErrorCode, str] = {
    ErrorCode.BAD_REQUEST: "invalid_url",
    ErrorCode.FORBIDDEN: "url_refused",
    ErrorCode.UNAVAILABLE: "url_unreachable",
    ErrorCode.TOO_LARGE: "file_too_large",
    ErrorCode.UNSUPPORTED_MEDIA: "wrong_kind_of_file",
}

_Found = TypeVar("_Found")
_Named: TypeAlias = tuple[str, FileKind]
"""A file as a graph names it, and what the input takes."""
Download: TypeAlias = asyncio.Task[Asset]
Reserve: TypeAlias = Callable[[TenantId, Sequence[Download]], list[str]]
"""Leases for those of a tenant's downloads, the first ones, that may outlast their request."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A graph whose files are there, or on their way."""

    sent: JsonObject
    """The graph as it was sent; data that came inside it are assets now."""
    prompt: JsonObject
    """With an asset wherever a file is there."""
    awaited: tuple[AwaitedFile, ...] = ()
    downloads: Mapping[str, Download] = field(default_factory=dict)
    """Lease -> the fetch that goes on."""

    def drop(self) -> None:
        """Nobody wants what is still on its way."""
        _cancel(self.downloads.values())


class MediaInputs:
    def __init__(self, fetch: MediaFetch, reserve: Reserve, wait_s: float) -> None:
        """`wait_s` is how long files may take until a request is accepted without them."""
        self._fetch = fetch
        self._reserve = reserve
        self._wait_s = wait_s

    async def take_in(
        self, principal: Principal, graph: JsonObject, object_info: ObjectInfo, origin: str
    ) -> TakenIn:
        """What the graph names is looked at, and fetched as far as it comes in time.

        `origin` says where the graph stands in the request. BAD_REQUEST with `problems` names each
        input whose file cannot be had.
        """
        references = [
            one for one in file_references(graph, object_info)
            if is_address(one.name) or is_asset_id(one.name)
        ]  # fmt: skip
        if not references:
            return TakenIn(graph, graph)
        wanted = sorted({(one.name, one.kind) for one in references if is_address(one.name)})
        if len(wanted) > _MOST:
            message = f"the request names {len(wanted)} files, and at most {_MOST} are fetched"
            raise refusal([Problem((origin,), message, "too_many_files")])
        found = await self._look_at(principal, wanted)
        _refuse(references, found, origin)
        downloads = await self._download(principal, [one for one in wanted if one not in found])
        try:
            found |= _outcomes(downloads)
            _refuse(references, found, origin)
        except BaseException:
            _cancel(downloads.values())
            raise
        return self._taken(principal, graph, references, found, downloads)

    def _taken(
        self, principal: Principal, graph: JsonObject, references: list[FileReference],
        found: Mapping[_Named, Asset | AppError], downloads: dict[_Named, Download],
    ) -> TakenIn:  # fmt: skip
        inside = _values([one for one in references if is_data(one.name)], found)
        there = _values(references, found)
        late = [name for name in downloads if name not in found]
        leases = self._reserve(principal.tenant, [downloads[name] for name in late])
        leased = dict(zip(late, leases, strict=False))
        _cancel(downloads[name] for name in late if name not in leased)
        awaited = tuple(
            AwaitedFile(url, kind, _places(references, (url, kind)), leased.get((url, kind)))
            for url, kind in late
        )
        going_on = {lease: downloads[name] for name, lease in leased.items()}
        sent = replace_references(graph, inside) if inside else graph
        return TakenIn(sent, replace_references(graph, there), awaited, going_on)

    async def _look_at(
        self, principal: Principal, wanted: Iterable[_Named]
    ) -> dict[_Named, Asset | AppError]:
        """What can be said at once: data, and addresses that must not be reached."""

        async def look(text: str, kind: FileKind) -> Asset | None:
            if is_data(text):
                return await self._fetch.unpack(principal, text, kind)
            await self._fetch.check(text)
            return None

        tasks = _few_at_once(wanted, look)
        try:
            await _some_time(tasks.values(), None)
            found = _outcomes(tasks)
        finally:
            _cancel(tasks.values())
        return {name: one for name, one in found.items() if one is not None}

    async def _download(
        self, principal: Principal, wanted: Iterable[_Named]
    ) -> dict[_Named, Download]:
        """The downloads after the time that they have."""

        async def download(url: str, kind: FileKind) -> Asset:
            return await self._fetch.fetch(principal, url, kind)

        tasks = _few_at_once(wanted, download)
        try:
            await _some_time(tasks.values(), self._wait_s)
        except BaseException:
            _cancel(tasks.values())
            raise
        return tasks


def _few_at_once(
    names: Iterable[_Named], work: Callable[[str, FileKind], Awaitable[_Found]]
) -> dict[_Named, asyncio.Task[_Found]]:
    """In their order."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(text: str, kind: FileKind) -> _Found:
        async with turn:
            return await work(text, kind)

    return {name: asyncio.create_task(one(*name)) for name in names}


async def _some_time(tasks: Iterable[asyncio.Task[_Found]], seconds: float | None) -> None:
    if waiting := list(tasks):
        await asyncio.wait(waiting, timeout=seconds)


def _outcomes(tasks: Mapping[_Named, asyncio.Task[_Found]]) -> dict[_Named, _Found | AppError]:
    """What came of those that have ended; an error that is not about the file is raised."""
    found: dict[_Named, _Found | AppError] = {}
    for name, task in tasks.items():
        if not task.done():
            continue
        try:
            found[name] = task.result()
        except AppError as error:
            if error.code not in _WORDS:
                raise
            found[name] = error
    return found


def _cancel(tasks: Iterable[asyncio.Task[_Found]]) -> None:
    for task in tasks:
        task.cancel()
        # Nobody asks what came of it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _refuse(
    references: Iterable[FileReference], found: Mapping[_Named, Asset | AppError], origin: str
) -> None:
    """BAD_REQUEST when a file cannot be had; names every input that takes one of these."""
    problems = []
    for one in references:
        error = found.get((one.name, one.kind))
        if isinstance(error, AppError):
            place = (origin, one.place.node_id, "inputs", one.place.input)
            told = f"node {one.place.node_id}, input {one.place.input!r}: {error.message}"
            problems.append(Problem(place, told.rstrip("."), _WORDS[error.code]))
    if problems:
        raise refusal(problems)


def _places(references: Iterable[FileReference], name: _Named) -> tuple[Place, ...]:
    return tuple(one.place for one in references if (one.name, one.kind) == name)


def _values(
    references: Iterable[FileReference], found: Mapping[_Named, Asset | AppError]
) -> dict[Place, JsonValue]:
    """The assets that stand for what is there."""
    values: dict[Place, JsonValue] = {}
    for one in references:
        asset = found.get((one.name, one.kind))
        if isinstance(asset, Asset):
            values[one.place] = _as_value(asset.id)
        elif not is_address(one.name):
            values[one.place] = _as_value(AssetId(one.name))
    return values


def _as_value(asset_id: AssetId) -> JsonObject:
    return {"__type": ASSET_TYPE, "info": {"id": asset_id}}
