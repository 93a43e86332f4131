"""Send to one WebSocket from a bounded queue; a slow reader is dropped, never waited for."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from aiohttp import WSCloseCode, web

_log = logging.getLogger(__name__)

Frame: TypeAlias = str | bytes
"""Text goes out as a text frame, bytes as a binary one."""

_MOST_FRAMES = 10_000
_MOST_BYTES = 64 * 1024 * 1024


class Sender:
    """The way out of one open WebSocket."""

    def __init__(
        self, socket: web.WebSocketResponse, abort: Callable[[], None],
        most_frames: int = _MOST_FRAMES, most_bytes: int = _MOST_BYTES,
    ) -> None:  # fmt: skip
        """`abort` cuts the connection without waiting for the other side."""
        self._socket = socket
        self._abort = abort
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.dropped = False

    def send(self, frame: Frame) -> None:
        """Queue a frame; a reader that has too much to catch up with is dropped instead."""
        if self.dropped:
            return
        self._bytes += len(frame)
        if len(self._frames) >= self._most_frames or self._bytes > self._most_bytes:
            _log.info("a WebSocket reader was too slow and was dropped")
            self.dropped = True
            self._frames.clear()
            self._abort()
        else:
            self._frames.append(frame)
        self._wake.set()

    async def run(self) -> None:
        """Send until the socket is closed or its reader was dropped."""
        while not (self._socket.closed or self.dropped):
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                try:
                    await self._put(frame)
                except ConnectionError:
                    return

    async def close(self) -> None:
        """Tell the other side that the server goes away."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server stops")

    async def _put(self, frame: Frame) -> None:
        if isinstance(frame, str):
            await self._socket.send_str(frame)
        else:
            await self._socket.send_bytes(frame)
