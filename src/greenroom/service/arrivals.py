"""Files that workers elsewhere send in pieces, named by what is in them."""

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

from greenroom.assets.blobs import BlobStore, ByteStream
from greenroom.assets.pieces import Pieces
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import BlobHash

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Arrived:
    have: int
    """Bytes."""
    whole: bool


class Arrivals:
    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._pieces = Pieces(blobs)

    async def have(self, digest: str, size: int) -> Arrived:
        """How much is here of the file with this blake3. BAD_REQUEST."""
        return _arrived(await self._pieces.have(_checked(digest)), size)

    async def add(self, digest: str, size: int, start: int, source: ByteStream) -> Arrived:
        """Take what comes from byte `start` on.

        BAD_REQUEST; CONFLICT when more or less is here; TOO_LARGE, HASH_MISMATCH, STORAGE_*.
        """
        return _arrived(await self._pieces.add(_checked(digest), size, start, source), size)

    async def lend(self, digest: BlobHash, path: Path) -> None:
        """Put a whole file at `path` as well. NOT_FOUND."""
        source = self._blobs.local_path(_checked(digest))
        try:
            await asyncio.to_thread(os.link, source, path)
        except FileNotFoundError as missing:
            raise AppError(ErrorCode.NOT_FOUND, f"the file {digest} has not arrived") from missing


def _arrived(have: int | None, size: int) -> Arrived:
    return Arrived(size if have is None else have, whole=have is None)


def _checked(digest: str) -> BlobHash:
    if _DIGEST.fullmatch(digest) is None:
        raise AppError(ErrorCode.BAD_REQUEST, f"{digest} is no blake3 of a file")
    return BlobHash(digest)
