"""Bytes that go to a file while more of them come in, in pieces that are worth a thread's time."""

import asyncio
import os
import threading
from collections.abc import Callable
from typing import IO

_PIECE = 1 << 20
_STEP = 16 << 20
"""Bytes after which the disk is to begin with what was written, so that a sync has little left."""


class Pour:
    """One caller adds, one piece is being written meanwhile. OSError comes with a later call."""

    def __init__(self, file: IO[bytes], see: Callable[[bytes], object] | None = None) -> None:
        """`see` is shown every chunk, in order, in the thread that writes it."""
        self._file = file
        self._see = see
        self._waiting: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Task[None] | None = None
        self._turn = threading.Lock()
        self._unsent = 0

    async def add(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._size += len(chunk)
        if self._size >= _PIECE:
            await self._pass_on()

    async def end(self) -> None:
        """Return when everything is in the file."""
        await self._pass_on()
        await self._written()

    def close(self) -> None:
        """Close the file, as soon as no thread writes to it any more."""
        with self._turn:
            self._file.close()

    async def _pass_on(self) -> None:
        await self._written()
        chunks, self._waiting, self._size = self._waiting, [], 0
        self._writing = asyncio.create_task(asyncio.to_thread(self._write, chunks))

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    def _write(self, chunks: list[bytes]) -> None:
        with self._turn:
            if self._file.closed:
                return
            for chunk in chunks:
                if self._see is not None:
                    self._see(chunk)
                self._file.write(chunk)
                self._unsent += len(chunk)
            self._file.flush()
            if self._unsent >= _STEP:
                begin_write_back(self._file, self._unsent)
                self._unsent = 0


def begin_write_back(file: IO[bytes], size: int) -> None:
    """Have the disk begin with the last `size` bytes before the position, where that is possible.

    Linux starts to write what it is told it need not remember; nothing waits for that.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), file.tell() - size, size, os.POSIX_FADV_DONTNEED)
