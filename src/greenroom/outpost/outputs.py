"""Files that runs made, sent to the server in pieces; it says what it has already."""

import asyncio
import logging
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.outpost.patience import Patience
from greenroom.outpost.server import Narrow, Server

_log = logging.getLogger(__name__)
_PIECE = 4 << 20
_SMALLEST_PIECE = 64 << 10
_WORTH_A_TRY = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.CONFLICT, ErrorCode.INTERNAL})


class Outputs:
    def __init__(self, server: Server, worker: str) -> None:
        self._server = server
        self._worker = worker
        self._piece = _PIECE
        """Bytes; fewer once it is known that a proxy lets no more through."""

    async def send(self, path: Path) -> str:
        """The digest under which the server has the file. STORAGE_*, HASH_MISMATCH."""
        digest, size = await asyncio.to_thread(_told, path)
        patience, trouble = Patience(), ""
        with await asyncio.to_thread(path.open, "rb") as file:
            while True:
                try:
                    await self._send(file, digest, size, patience)
                except AppError as error:
                    if error.code not in _WORTH_A_TRY:
                        raise
                    if isinstance(error, Narrow) and self._narrowed():
                        continue
                    if error.message != trouble:
                        trouble = error.message
                        _log.warning("an output cannot be sent yet: %s Trying again.", trouble)
                    await patience.wait()
                else:
                    return digest

    async def _send(self, file: BinaryIO, digest: str, size: int, patience: Patience) -> None:
        arrived = await self._server.arrived(self._worker, digest, size)
        while not arrived.whole:
            piece = await asyncio.to_thread(_piece, file, arrived.have, self._piece)
            arrived = await self._server.add(self._worker, digest, size, arrived.have, piece)
            patience.renew()

    def _narrowed(self) -> bool:
        """Whether smaller pieces may pass."""
        if self._piece <= _SMALLEST_PIECE:
            return False
        self._piece //= 4
        _log.info("a proxy before the server limits bodies: pieces of %d KiB", self._piece >> 10)
        return True


def _told(path: Path) -> tuple[str, int]:
    return str(blake3().update_mmap(path).hexdigest()), path.stat().st_size


def _piece(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)
