"""Small pictures of stored files, made in threads and kept while there is room."""

import asyncio
from collections import OrderedDict
from pathlib import Path

from greenroom.domain.ids import BlobHash

_AT_ONCE = 2
_MOST_BYTES = 32 * 1024 * 1024


class SmallPictures:
    def __init__(self, kind: str) -> None:
        """`kind` is how they are encoded: WEBP or JPEG."""
        self._kind = kind
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._made: OrderedDict[tuple[BlobHash, int], bytes] = OrderedDict()
        self._bytes = 0

    async def get(self, blob: BlobHash, path: Path, mime: str, size: int) -> bytes:
        """`size` is the longest side in pixels. UNSUPPORTED_MEDIA, TOO_LARGE."""
        known = self._made.get((blob, size))
        if known is not None:
            return known
        async with self._room:
            made = await asyncio.to_thread(_make, path, mime, size, self._kind)
        self._keep((blob, size), made)
        return made

    def _keep(self, key: tuple[BlobHash, int], data: bytes) -> None:
        if key in self._made:
            return
        self._made[key] = data
        self._bytes += len(data)
        while self._bytes > _MOST_BYTES:
            _, dropped = self._made.popitem(last=False)
            self._bytes -= len(dropped)


def _make(path: Path, mime: str, size: int, kind: str) -> bytes:
    from greenroom.api import small_picture  # noqa: PLC0415 - most servers never need it

    return small_picture.render(path, mime, size, kind)
