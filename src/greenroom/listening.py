"""Listen on an address, and answer there until the end."""

import contextlib
import socket

from aiohttp import web

from greenroom.domain.errors import AppError, ErrorCode


async def listen(
    stack: contextlib.AsyncExitStack, app: web.Application, host: str, port: int
) -> str:
    """The URL under which it answers. CONFLICT when the address is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    listener = _bind(host, port)
    await web.SockSite(runner, listener).start()
    taken = listener.getsockname()[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{taken}"


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise AppError(
            ErrorCode.CONFLICT,
            f"Cannot listen on {host}:{port}: {error.strerror}. "
            "Choose another --port, or 0 for a free one.",
        ) from error
    return listener
