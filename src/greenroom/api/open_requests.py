"""The requests that are being answered, and the key that each came with."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from greenroom.api.turned_away import SOCKET, close
from greenroom.domain.ids import KeyId


class OpenRequests:
    def __init__(self) -> None:
        self._open: dict[int, tuple[KeyId | None, web.Request, asyncio.Task[object] | None]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def enter(self, key_id: KeyId | None, request: web.Request) -> None:
        self._open[id(request)] = (key_id, request, asyncio.current_task())

    def leave(self, request: web.Request) -> None:
        self._open.pop(id(request), None)

    def cut(self, stands: Callable[[KeyId | None], bool]) -> None:
        """End the connections of all whose key does not stand; but who asked is answered."""
        asking = asyncio.current_task()
        for key_id, request, task in tuple(self._open.values()):
            if task is not asking and request.transport is not None and not stands(key_id):
                self._end(request, request.transport)

    def _end(self, request: web.Request, transport: asyncio.Transport) -> None:
        socket = request.get(SOCKET)
        if socket is None:
            transport.abort()
            return
        closing = asyncio.create_task(close(socket))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
