"""/ws: one client's live connection."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from greenroom.api.comfy import messages
from greenroom.api.comfy.hub import Hub, Listener
from greenroom.api.context import Call
from greenroom.api.sockets import Sender
from greenroom.domain import ids
from greenroom.domain.json import JsonObject
from greenroom.service.policy import Policy

_LARGEST_MESSAGE = 4 * 1024 * 1024


class Socket:
    def __init__(self, hub: Hub, flags: Callable[[Policy], JsonObject]) -> None:
        """`flags` is what the server can do, told to clients that say what they can."""
        self._hub = hub
        self._flags = flags

    async def open(self, call: Call) -> web.StreamResponse:
        """Tell where things stand, then what happens, until the client goes."""
        socket = web.WebSocketResponse(max_msg_size=_LARGEST_MESSAGE, heartbeat=None)
        await socket.prepare(call.request)
        transport = call.request.transport
        if transport is None:
            return socket
        listener = Listener(
            tenant=call.principal.tenant,
            sid=call.query("clientId") or ids.new_session_id(),
            sender=Sender(socket, transport.abort),
        )
        self._hub.join(listener)
        sending = asyncio.create_task(listener.sender.run())
        try:
            await self._listen(socket, listener, call)
        finally:
            self._hub.leave(listener)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def _listen(self, socket: web.WebSocketResponse, listener: Listener, call: Call) -> None:
        """Only the first JSON object counts: it may say what the client can do."""
        said = False
        async for frame in socket:
            if said or frame.type is not WSMsgType.TEXT:
                continue
            first = _object(frame.data)
            if first is None:
                continue
            said = True
            if first.get("type") == "feature_flags":
                flags = first.get("data")
                wish = flags.get("supports_preview_metadata") if isinstance(flags, dict) else None
                listener.wants_metadata = wish is True
                listener.sender.send(
                    messages.message("feature_flags", self._flags(call.services.policy))
                )


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
