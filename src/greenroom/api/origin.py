"""Which web pages may call this server: those that it serves itself, and those that are allowed.

A browser sends requests for any page that a person opens. Without this check a foreign page could
use a server on the same machine, directly or by pointing its own host name at it (DNS rebinding).
"""

import functools
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from greenroom.api.settings import EdgeSettings
from greenroom.domain.address import is_loopback
from greenroom.domain.errors import AppError, ErrorCode

_REMEMBERED = 64
"""Host names whose verdict is kept; a server is called by few."""


class OriginRule:
    def __init__(self, settings: EdgeSettings) -> None:
        self._loopback = settings.loopback
        self._is_ours = functools.lru_cache(_REMEMBERED)(self._is_served)
        self._hosts = settings.allowed_hosts | settings.cloud_hosts
        self._origins = settings.allowed_origins

    def check(self, request: web.Request) -> None:
        """FORBIDDEN for a page of another origin, and for a host name that is not ours."""
        headers = request.headers
        host = headers.get("Host", "")
        if self._loopback and host and not self._is_ours(host):
            raise AppError(ErrorCode.FORBIDDEN, "This host name is not served here.")
        origin = headers.get("Origin")
        if origin is not None and origin in self._origins:
            return
        if headers.get("Sec-Fetch-Site") == "cross-site":
            raise AppError(ErrorCode.FORBIDDEN, "Pages of other sites may not call this server.")
        if origin is not None and not _same_origin(origin, host):
            raise AppError(ErrorCode.FORBIDDEN, "Pages of other origins may not call this server.")

    def _is_served(self, host: str) -> bool:
        name = _split(f"//{host}")
        hostname = name.hostname if name is not None else None
        return hostname is not None and (is_loopback(hostname) or hostname in self._hosts)


def _same_origin(origin: str, host: str) -> bool:
    """Same host; the port counts when the origin names one."""
    ours, theirs = _split(f"//{host}"), _split(origin)
    if ours is None or theirs is None or theirs.hostname is None:
        return False
    if theirs.hostname != ours.hostname:
        return False
    return theirs.port is None or theirs.port == ours.port


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
