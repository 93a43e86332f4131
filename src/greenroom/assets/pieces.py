"""A blob that comes in pieces, in more than one request: what came of it stays."""

import asyncio
from collections import defaultdict
from pathlib import Path

from greenroom.assets.blobs import BlobStore, ByteStream
from greenroom.assets.pour import Pour
from greenroom.assets.storage_error import storage_error
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import BlobHash


class Pieces:
    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._locks: defaultdict[BlobHash, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def have(self, blob: BlobHash) -> int | None:
        """Bytes that came of it; None when it is here, whole."""
        if await asyncio.to_thread(self._blobs.renewed, blob):
            return None
        return await asyncio.to_thread(_size, self._blobs.part_path(blob))

    async def add(self, blob: BlobHash, size: int, start: int, source: ByteStream) -> int | None:
        """Append what comes from byte `start` on; gives what `have` would.

        CONFLICT when that is not the end of what is here, TOO_LARGE, HASH_MISMATCH, STORAGE_*.
        """
        async with self._locks[blob]:
            try:
                have = await self.have(blob)
                if have is None:
                    return None
                if have != start:
                    raise AppError(ErrorCode.CONFLICT, f"{have} bytes of the file are here")
                have = await self._append(self._blobs.part_path(blob), have, size, source)
                if have < size:
                    return have
                await self._blobs.adopt_part(blob, size)
            except OSError as error:
                raise storage_error(error) from error
        self._locks.pop(blob, None)
        return None

    async def _append(self, part: Path, have: int, size: int, source: ByteStream) -> int:
        pour = Pour(await asyncio.to_thread(part.open, "ab"))
        try:
            async for chunk in source:
                have += len(chunk)
                if have > size:
                    raise AppError(ErrorCode.TOO_LARGE, f"the file was to have {size} bytes")
                await pour.add(chunk)
        finally:
            # What came before a break stays, down to the last byte.
            try:
                await pour.end()
            finally:
                await asyncio.to_thread(pour.close)
        return have


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
