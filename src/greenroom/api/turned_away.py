"""Tell a WebSocket by its close code that its key is not valid, or is so no more."""

from aiohttp import web

NOT_AUTHENTICATED = 4001
SOCKET = web.RequestKey("socket", web.WebSocketResponse)
"""Where a handler leaves the open WebSocket in its request, so that it can be told."""

_REASON = b"Not authenticated"


async def turn_away(request: web.Request) -> web.StreamResponse:
    """Open the socket only to close it: a page cannot see the status of a refused handshake."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await close(socket)
    return socket


async def close(socket: web.WebSocketResponse) -> None:
    await socket.close(code=NOT_AUTHENTICATED, message=_REASON)
