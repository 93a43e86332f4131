"""Find the key that a request shows, and compare it with the configured one."""

import hmac

from aiohttp import web

from greenroom.domain.errors import AppError, ErrorCode

_BEARER = "bearer "


class Credentials:
    def __init__(self, key: str | None) -> None:
        self._key = None if key is None else key.encode()

    def check(self, request: web.Request) -> None:
        """UNAUTHORIZED unless the request shows the key, or no key is configured."""
        if self._key is None:
            return
        shown = _shown(request)
        if shown is None:
            raise AppError(ErrorCode.UNAUTHORIZED, "An API key is required.")
        if not hmac.compare_digest(shown.encode(errors="surrogateescape"), self._key):
            raise AppError(ErrorCode.UNAUTHORIZED, "The API key is not valid.")


def _shown(request: web.Request) -> str | None:
    headers = request.headers
    key = headers.get("X-API-Key")
    if key is not None:
        return key
    authorization = headers.get("Authorization", "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip()
    if headers.get("Upgrade", "").lower() == "websocket":
        # A browser cannot set headers on a WebSocket.
        return request.query.get("token")
    return None
