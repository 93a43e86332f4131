"""Fetch or unpack one file that a graph names, and keep it as an asset."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from greenroom.domain.asset import Asset
from greenroom.domain.container import HEAD
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.media_inputs import fits, suffix_of
from greenroom.outbound.client import FetchLimits, Outbound
from greenroom.service.asset_records import AssetRecords
from greenroom.service.byte_source import ByteSource

_LIFETIME_MS = 7 * 86_400_000
_FOLDER = "fetched"


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


class MediaFetch:
    """Equal bytes are kept once. UNSUPPORTED_MEDIA for what the input does not take, TOO_LARGE."""

    def __init__(self, records: AssetRecords, outbound: Outbound, limits: MediaLimits) -> None:
        self._records = records
        self._outbound = outbound
        self._limits = limits

    async def check(self, url: str) -> None:
        """Whether the address may be reached; nothing is sent. As Outbound.check."""
        await self._outbound.check(url)

    async def unpack(self, principal: Principal, uri: str, kind: FileKind) -> Asset:
        """BAD_REQUEST for what is no data URI in base64."""
        mime, data = await asyncio.to_thread(_decoded, uri, self._limits.size(kind))
        return await self._keep(principal, ByteSource(_once(data)), kind, None, mime)

    async def fetch(self, principal: Principal, url: str, kind: FileKind) -> Asset:
        """As Outbound.get."""
        limits = FetchLimits(self._limits.size(kind), self._limits.seconds)
        async with self._outbound.get(url, limits) as download:
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
