"""Fetch what a graph's loaders are to read from elsewhere, and keep it, before it is accepted."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from greenroom.domain.asset import Asset
from greenroom.domain.container import HEAD
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.media_inputs import (
    fits,
    is_address,
    is_asset_id,
    is_data,
    suffix_of,
)
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.override_check import Problem, refusal
from greenroom.domain.workflow.refs import (
    ASSET_TYPE,
    FileReference,
    Place,
    file_references,
    replace_references,
)
from greenroom.outbound.client import FetchLimits, Outbound
from greenroom.service.asset_records import AssetRecords
from greenroom.service.byte_source import ByteSource

_MOST = 50
"""Different files of one request."""
_AT_ONCE = 4
_LIFETIME_MS = 7 * 86_400_000
_FOLDER = "fetched"
_WORDS: Mapping[ErrorCode, str] = {
    ErrorCode.BAD_REQUEST: "invalid_url",
    ErrorCode.FORBIDDEN: "url_refused",
    ErrorCode.UNAVAILABLE: "url_unreachable",
    ErrorCode.TOO_LARGE: "file_too_large",
    ErrorCode.UNSUPPORTED_MEDIA: "wrong_kind_of_file",
}


@dataclass(frozen=True, slots=True)
class MediaLimits:
    image: int
    """Bytes of a picture."""
    other: int
    """Bytes of a film, a sound or anything else."""
    seconds: float
    """For one file."""

    def size(self, kind: FileKind) -> int:
        return self.image if kind is FileKind.IMAGE else self.other


class MediaInputs:
    def __init__(self, records: AssetRecords, outbound: Outbound, limits: MediaLimits) -> None:
        self._records = records
        self._outbound = outbound
        self._limits = limits

    async def take_in(
        self, principal: Principal, graph: JsonObject, object_info: ObjectInfo, origin: str
    ) -> JsonObject:
        """The graph with assets where its loaders named URLs, data or ids of assets.

        `origin` says where the graph stands in the request. BAD_REQUEST with `problems` names each
        input whose file cannot be had; equal bytes are kept once.
        """
        references = [
            one for one in file_references(graph, object_info)
            if is_address(one.name) or is_asset_id(one.name)
        ]  # fmt: skip
        if not references:
            return graph
        wanted = {(one.name, one.kind) for one in references if is_address(one.name)}
        if len(wanted) > _MOST:
            message = f"the request names {len(wanted)} files, and at most {_MOST} are fetched"
            raise refusal([Problem((origin,), message, "too_many_files")])
        found = await self._fetch_all(principal, wanted)
        problems = list(_problems(references, found, origin))
        if problems:
            raise refusal(problems)
        values: dict[Place, JsonValue] = {
            one.place: _reference(one, found.get((one.name, one.kind))) for one in references
        }
        return replace_references(graph, values)

    async def _fetch_all(
        self, principal: Principal, wanted: set[tuple[str, FileKind]]
    ) -> dict[tuple[str, FileKind], Asset | AppError]:
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(text: str, kind: FileKind) -> Asset | AppError:
            async with turn:
                try:
                    return await self._fetch(principal, text, kind)
                except AppError as error:
                    if error.code not in _WORDS:
                        raise
                    return error

        order = sorted(wanted)
        found = await asyncio.gather(*(one(text, kind) for text, kind in order))
        return dict(zip(order, found, strict=True))

    async def _fetch(self, principal: Principal, text: str, kind: FileKind) -> Asset:
        size = self._limits.size(kind)
        if is_data(text):
            mime, data = await asyncio.to_thread(_decoded, text, size)
            return await self._keep(principal, ByteSource(_once(data)), kind, None, mime)
        limits = FetchLimits(size, self._limits.seconds)
        async with self._outbound.get(text, limits) as download:
            source = ByteSource(aiter(download))
            return await self._keep(principal, source, kind, download.name, download.mime)

    async def _keep(
        self, principal: Principal, source: ByteSource, kind: FileKind,
        name: str | None, mime: str | None,
    ) -> Asset:  # fmt: skip
        head = await source.head(HEAD)
        if not head or not fits(kind, head):
            what = f"of type {mime}" if head and mime else "empty" if not head else "something else"
            told = f"The file is {what}, and the input takes a file of kind {kind.value}."
            raise AppError(ErrorCode.UNSUPPORTED_MEDIA, told)
        suffix = suffix_of(head, name, mime)
        return await self._records.hold(principal, _FOLDER, suffix, source, _LIFETIME_MS)


def _problems(
    references: list[FileReference], found: Mapping[tuple[str, FileKind], Asset | AppError],
    origin: str,
) -> "list[Problem]":  # fmt: skip
    problems = []
    for one in references:
        error = found.get((one.name, one.kind))
        if isinstance(error, AppError):
            place = (origin, one.place.node_id, "inputs", one.place.input)
            told = f"node {one.place.node_id}, input {one.place.input!r}: {error.message}"
            problems.append(Problem(place, told.rstrip("."), _WORDS[error.code]))
    return problems


def _reference(one: FileReference, found: Asset | AppError | None) -> JsonObject:
    asset_id = found.id if isinstance(found, Asset) else one.name
    return {"__type": ASSET_TYPE, "info": {"id": asset_id}}


def _decoded(text: str, most: int) -> tuple[str | None, bytes]:
    """The media type and the bytes of a data URI. BAD_REQUEST, TOO_LARGE."""
    head, comma, body = text[5:].partition(",")
    mime, *parameters = head.split(";")
    if not comma or "base64" not in {one.strip().lower() for one in parameters}:
        told = "This is no data URI in base64: write data:image/png;base64,..."
        raise AppError(ErrorCode.BAD_REQUEST, told)
    if len(body) * 3 // 4 > most + 2:
        raise AppError(ErrorCode.TOO_LARGE, f"The data is more than {most} bytes.")
    try:
        plain = unquote_to_bytes(body) if "%" in body else body.encode()
        return mime.strip().lower() or None, base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise AppError(ErrorCode.BAD_REQUEST, "The data is not base64.") from None


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
