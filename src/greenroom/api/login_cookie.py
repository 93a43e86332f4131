"""Set and remove the cookie of a login."""

from aiohttp import web

from greenroom.domain.session import LIFETIME_S

COOKIE = "session"


def keep_login(response: web.StreamResponse, request: web.Request, value: str) -> None:
    """Out of reach for scripts and other sites, and never sent in the clear once it was not."""
    response.set_cookie(
        COOKIE, value, max_age=LIFETIME_S, path="/", httponly=True, samesite="Strict",
        secure=_is_encrypted(request),
    )  # fmt: skip


def end_login(response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")


def _is_encrypted(request: web.Request) -> bool:
    """As the browser sees it: a proxy in front may end the encryption."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
