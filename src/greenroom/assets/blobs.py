"""Bytes named by their blake3 hash in a local folder: put, find, delete. A put is idempotent."""

import asyncio
import errno
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from blake3 import blake3

from greenroom.assets.extent import extent_of
from greenroom.assets.landing import Landing
from greenroom.assets.storage_error import storage_error
from greenroom.domain.asset import NO_EXTENT, Extent
from greenroom.domain.clock import SystemClock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import BlobHash

_READ_ONLY = 0o444


class ByteStream(Protocol):
    """Bytes that arrive piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Stored:
    hash: BlobHash
    size: int
    """Bytes."""
    extent: Extent = NO_EXTENT


class BlobStore:
    """Blobs lie as `<folder>/<first two digits>/<hash>`, read-only, on disk before put ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def land(self) -> Landing:
        """Room for bytes that come in; `put_stream` makes it a blob without another copy."""
        return Landing(self._incoming)

    async def put_stream(self, source: ByteStream, expected: BlobHash | None = None) -> Stored:
        """Hash the bytes while they pass to disk; a landing of this store once.

        HASH_MISMATCH, and nothing kept, when they are not the `expected` ones.
        """
        if isinstance(source, Landing):
            return await self._keep(source, expected)
        landing = self.land()
        try:
            async for chunk in source:
                await landing.add(chunk)
            return await self._keep(landing, expected)
        finally:
            await landing.close()

    async def put_file(self, path: Path) -> Stored:
        """Take over a file of this machine; it stays where it is."""
        try:
            return await asyncio.to_thread(self._put_file, path)
        except OSError as error:
            raise storage_error(error) from error

    async def take_file(self, path: Path) -> Stored:
        """Take over a file of this machine that nobody else needs; it may be gone afterwards."""
        try:
            return await asyncio.to_thread(self._put_file, path, _move)
        except OSError as error:
            raise storage_error(error) from error

    def local_path(self, blob: BlobHash) -> Path:
        """Where the bytes lie, if they are kept at all."""
        return self._folder / blob[:2] / blob

    def part_path(self, blob: BlobHash) -> Path:
        """Where the bytes that come piece by piece lie until all are there."""
        return self._incoming / f"{blob}.part"

    async def adopt_part(self, blob: BlobHash, size: int) -> None:
        """Keep what came piece by piece. HASH_MISMATCH, and nothing kept, for other bytes."""
        await asyncio.to_thread(self._adopt_part, Stored(blob, size))

    def renewed(self, blob: BlobHash) -> bool:
        """Whether the bytes are here; if so a sweep leaves them.

        The time of the last change stays: readers tell versions apart by it.
        """
        path = self.local_path(blob)
        try:
            now = SystemClock().now() * 1_000_000
            os.utime(path, ns=(now, path.stat().st_mtime_ns))
        except FileNotFoundError:
            return False
        return True

    async def delete(self, blob: BlobHash) -> None:
        """Remove the bytes; nothing happens when they are gone already."""
        await asyncio.to_thread(self.local_path(blob).unlink, missing_ok=True)

    async def _keep(self, landing: Landing, expected: BlobHash | None) -> Stored:
        await landing.end()
        try:
            return await asyncio.to_thread(self._keep_landed, landing, expected)
        except OSError as error:
            raise storage_error(error) from error

    def _keep_landed(self, landing: Landing, expected: BlobHash | None) -> Stored:
        stored = Stored(BlobHash(landing.hexdigest()), landing.size)
        _require_expected(expected, stored.hash)
        if self.renewed(stored.hash):
            return self._measured(stored)
        return self._adopt(landing.on_disk(), stored)

    def _put_file(
        self, path: Path, bring: Callable[[Path, Path], object] = shutil.copyfile
    ) -> Stored:
        digest = blake3()
        digest.update_mmap(path)
        stored = Stored(BlobHash(digest.hexdigest()), path.stat().st_size)
        if self.renewed(stored.hash):
            return self._measured(stored)
        copy = self._incoming / secrets.token_hex(8)
        try:
            bring(path, copy)
            return self._adopt(copy, stored)
        finally:
            copy.unlink(missing_ok=True)

    def _adopt_part(self, stored: Stored) -> None:
        part = self.part_path(stored.hash)
        try:
            digest = blake3().update_mmap(part).hexdigest()
            _require_expected(stored.hash, BlobHash(digest))
            self._adopt(part, stored)
        finally:
            part.unlink(missing_ok=True)

    def _adopt(self, path: Path, stored: Stored) -> Stored:
        if self.renewed(stored.hash):
            return self._measured(stored)
        target = self.local_path(stored.hash)
        _sync(path)
        path.chmod(_READ_ONLY)
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        _sync(target.parent)
        return self._measured(stored)

    def _measured(self, stored: Stored) -> Stored:
        return replace(stored, extent=extent_of(self.local_path(stored.hash)))


def _move(path: Path, target: Path) -> None:
    """Without a copy, unless another name leads to the bytes, through which they may change."""
    try:
        if path.stat().st_nlink == 1 and not path.is_symlink():
            path.replace(target)
            return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    shutil.copyfile(path, target)


def _require_expected(expected: BlobHash | None, found: BlobHash) -> None:
    if expected is not None and expected != found:
        raise AppError(
            ErrorCode.HASH_MISMATCH,
            "The bytes that arrived have another hash than the expected one.",
            {"expected": f"blake3:{expected}", "actual": f"blake3:{found}"},
        )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
