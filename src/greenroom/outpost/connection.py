"""One open WebSocket to the server: sends in order, and hears until it breaks."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import aiohttp
import msgspec

from greenroom.engine.remote import messages as wire

_log = logging.getLogger(__name__)
_SILENCE_S = 20.0
"""Seconds without a word from the server, which pings more often, until the line counts as cut."""
_MOST_WAITING = 64
"""Frames that may wait before previews and steps are left out."""


class Connection:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._frames: deque[bytes] = deque()
        self._wake = asyncio.Event()

    def send(self, message: wire.FromWorker | wire.Hello) -> None:
        """Queue it; a hint is left out when the line is slow."""
        is_hint = isinstance(message, wire.Told) and message.number == 0
        if not (is_hint and len(self._frames) >= _MOST_WAITING):
            self._frames.append(wire.encode(message))
            self._wake.set()

    async def until_it_breaks(self, hear: Callable[[wire.FromServer], bool]) -> None:
        """Pass on what the server says, until it says nothing more or `hear` wants no more."""
        sending = asyncio.create_task(self._send_all())
        try:
            while (message := await self._next()) is not None and hear(message):
                pass
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _next(self) -> wire.FromServer | None:
        try:
            async with asyncio.timeout(_SILENCE_S):
                frame = await self._socket.receive()
        except TimeoutError:
            _log.warning("the server has not said anything for %g s", _SILENCE_S)
            return None
        if frame.type is not aiohttp.WSMsgType.BINARY:
            return None
        try:
            return wire.from_server(frame.data)
        except msgspec.DecodeError as error:
            _log.error("the server said what cannot be understood: %s", error)
            return None

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                await self._socket.send_bytes(self._frames.popleft())
