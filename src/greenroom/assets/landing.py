"""Bytes on their way to become a blob: hashed as they come in, and where they can stay."""

import asyncio
import io
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from blake3 import blake3

from greenroom.assets.pour import Pour
from greenroom.assets.storage_error import storage_error

_IN_MEMORY = 1 << 20
_CHUNK = 1 << 20


class Landing:
    """Up to 1 MiB lies in memory, more in a file of `folder`. STORAGE_* when there is no room."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / secrets.token_hex(8)
        self._digest = blake3()
        self._small = io.BytesIO()
        self._pour: Pour | None = None
        self.file: IO[bytes] = self._small
        """To read from, after `end`."""
        self.size = 0
        """Bytes."""

    async def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size <= _IN_MEMORY:
            self._small.write(chunk)
            return
        try:
            if self._pour is None:
                self._pour = await asyncio.to_thread(self._open)
                await self._pour.add(self._small.getvalue())
            await self._pour.add(chunk)
        except OSError as error:
            raise storage_error(error) from error

    async def end(self) -> None:
        """Nothing more comes."""
        if self._pour is not None:
            try:
                await self._pour.end()
            except OSError as error:
                raise storage_error(error) from error

    def hexdigest(self) -> str:
        """The blake3 of all that came."""
        if self._pour is None:
            self._digest = blake3(self._small.getvalue())
        return self._digest.hexdigest()

    def on_disk(self) -> Path:
        """Where it lies, for whoever wants to take it from there. OSError."""
        if self._pour is None:
            self._path.write_bytes(self._small.getvalue())
        return self._path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.to_thread(self.file.seek, 0)
        while chunk := await asyncio.to_thread(self.file.read, _CHUNK):
            yield chunk

    async def close(self) -> None:
        """Nobody reads it any more. What nobody took is gone."""
        await asyncio.to_thread(self._close)

    def _open(self) -> Pour:
        self.file = self._path.open("w+b")
        return Pour(self.file, self._digest.update)

    def _close(self) -> None:
        if self._pour is None:
            self.file.close()
        else:
            self._pour.close()
        self._path.unlink(missing_ok=True)
