"""The socket that a server listens on."""

import socket

from greenroom.domain.errors import AppError, ErrorCode


def bound(host: str, port: int) -> socket.socket:
    """CONFLICT when it cannot be had. Port 0 takes a free one."""
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
