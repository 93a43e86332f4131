"""Files that runs read, brought from the server in pieces and kept for the next run."""

import asyncio
import os
from collections import defaultdict
from pathlib import Path

from blake3 import blake3

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.engine.remote import messages as wire
from greenroom.outpost.patience import Patience
from greenroom.outpost.server import Bytes, Server

_WORTH_A_TRY = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.NOT_FOUND, ErrorCode.INTERNAL})
"""A server that was started anew does not know at once what its workers run."""
_PART = ".part"


class Inputs:
    """`limit`: bytes that are kept of what no run needs."""

    def __init__(self, folder: Path, server: Server, worker: str, limit: int) -> None:
        self._folder = folder
        self._server = server
        self._worker = worker
        self._limit = limit
        self._bringing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def bring(self, file: wire.Input) -> Path:
        """The file on this machine, whatever that takes. MISSING_ASSET, HASH_MISMATCH."""
        path, patience = self._folder / file.digest, Patience()
        async with self._bringing[file.digest]:
            while not await asyncio.to_thread(_used, path):
                try:
                    await self._fetch(file, path)
                except AppError as error:
                    if error.code not in _WORTH_A_TRY:
                        raise
                    await patience.wait()
        self._bringing.pop(file.digest, None)
        return path

    async def trim(self) -> None:
        """Drop what was used longest ago, beyond the limit."""
        await asyncio.to_thread(_trim, self._folder, self._limit)

    async def _fetch(self, file: wire.Input, path: Path) -> None:
        part = path.with_name(path.name + _PART)
        have = await asyncio.to_thread(_size, part)
        if have != file.size:
            async with self._server.input(self._worker, file.digest, have) as told:
                await _write(part, told)
        await asyncio.to_thread(_adopt, part, path)


async def _write(part: Path, told: Bytes) -> None:
    handle = await asyncio.to_thread(part.open, "r+b" if told.begin else "wb")
    try:
        await asyncio.to_thread(handle.seek, told.begin)
        async for piece in told.pieces:
            await asyncio.to_thread(handle.write, piece)
    finally:
        await asyncio.to_thread(handle.close)


def _adopt(part: Path, path: Path) -> None:
    """HASH_MISMATCH, and nothing kept, when these are other bytes."""
    if blake3().update_mmap(part).hexdigest() != path.name:
        part.unlink()
        raise AppError(ErrorCode.HASH_MISMATCH, "an input file arrived with other bytes")
    part.replace(path)


def _used(path: Path) -> bool:
    try:
        os.utime(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return False
    return True


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _trim(folder: Path, limit: int) -> None:
    if not folder.exists():
        return
    found = sorted(
        ((path.stat().st_mtime, path.stat().st_size, path) for path in folder.iterdir()),
        reverse=True,
    )
    kept = 0
    for _, size, path in found:
        kept += size
        if kept > limit:
            path.unlink(missing_ok=True)
