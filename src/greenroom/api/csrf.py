"""Whether a page of ours sent a request: asked when a cookie speaks for it.

A browser adds the cookie to whatever a page sends, so what changes something must also say where it
comes from. Pages cannot forge these headers, and browsers send them with all such requests.
"""

from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from greenroom.domain.errors import AppError, ErrorCode

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS = {"http": 80, "https": 443}


def require_own_page(request: web.Request, allowed: frozenset[str]) -> None:
    """FORBIDDEN for a change, or a WebSocket, that comes from no page of ours or an allowed one."""
    if request.method in _SAFE and not is_upgrade(request):
        return
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site") == "same-origin":
            return
    elif origin in allowed or _is_own(origin, request.headers.get("Host", "")):
        return
    raise AppError(
        ErrorCode.FORBIDDEN, "With a cookie, only pages of this server may change something."
    )


def is_upgrade(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _is_own(origin: str, host: str) -> bool:
    """Same host and port; the scheme may differ, where a proxy ends the encryption."""
    theirs, ours = _split(origin), _split(f"//{host}")
    if theirs is None or ours is None or theirs.hostname is None:
        return False
    usual = _PORTS.get(theirs.scheme)
    return (theirs.hostname, theirs.port or usual) == (ours.hostname, ours.port or usual)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
