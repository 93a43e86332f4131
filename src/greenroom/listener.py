"""The socket that a server listens on, and where it is reached."""

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


def host_in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def reached_at(url: str, host: str, public_url: str | None) -> str:
    """Where other machines reach the server that listens on `host` and calls itself `url`."""
    if public_url is not None:
        return public_url.rstrip("/")
    anywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - recognised, not bound
    return url.replace(host_in_url(host), socket.gethostname(), 1) if anywhere else url
