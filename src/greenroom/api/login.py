"""Log in and out of the pages: a key is shown once, a cookie stands for it from then on."""

import hashlib
import html
import logging
from base64 import b64encode
from dataclasses import dataclass
from string import Template
from urllib.parse import parse_qs

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.context import Call
from greenroom.api.credentials import Credentials
from greenroom.api.error_status import status_of
from greenroom.api.login_cookie import end_login, keep_login
from greenroom.api.origin import OriginRule
from greenroom.api.refusal import LOGIN
from greenroom.api.routes import Dialect, Route
from greenroom.api.settings import EdgeSettings
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.services import Services

_log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
form { display: grid; gap: .75rem; width: min(22rem, 100vw - 3rem); }
h1 { font-size: 1.25rem; margin: 0; }
input, button { font: inherit; padding: .5rem .75rem; border: 1px solid #888; border-radius: 6px; }
button { cursor: pointer; background: #256b45; border-color: #256b45; color: #fff; }
p { margin: 0; }
"""
_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in - Greenroom</title>
<style>$style</style>
<main>
<form method="post" action="/api/auth/login">
<h1>Greenroom</h1>
$told
<input name="user" autocomplete="username" value="greenroom" hidden>
<label for="key">API key</label>
<input id="key" name="api_key" type="password" autocomplete="current-password" required autofocus>
<input name="next" type="hidden" value="$next">
<button>Log in</button>
</form>
</main>
</html>
""")
_TOLD = '<p role="alert">This key is not valid.</p>'
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class _Attempt:
    api_key: str
    next: str
    by_form: bool


class Login:
    """Nobody has a key yet here, so the routes are public and look at the origin themselves."""

    def __init__(self, services: Services, settings: EdgeSettings) -> None:
        self._credentials = Credentials(services, settings)
        self._origin = OriginRule(settings)

    async def page(self, call: Call) -> web.StreamResponse:
        self._origin.check(call.request)
        target = local_address(call.query("next"))
        if not self._credentials.asked:
            return _to(target, 302)
        return _page(target, told="", status=200)

    async def log_in(self, call: Call) -> web.StreamResponse:
        """A cookie for a key, as JSON {api_key, next} or as the page's form."""
        self._origin.check(call.request)
        attempt = await _read(call.request)
        cookie = self._credentials.log_in(attempt.api_key)
        if cookie is None and self._credentials.asked:
            _log.warning("a login from %s showed a key that is not valid", call.request.remote)
            if attempt.by_form:
                return _page(attempt.next, told=_TOLD, status=401)
            return json_response({"detail": "Invalid API key"}, 401)
        if attempt.by_form:
            response = _to(attempt.next, 303)
        else:
            response = json_response({"status": "ok", "redirect": attempt.next})
        if cookie is not None:
            keep_login(response, call.request, cookie)
        return response

    async def log_out(self, call: Call) -> web.StreamResponse:
        self._origin.check(call.request)
        response = _to(LOGIN, 302)
        end_login(response)
        return response


def login(services: Services, settings: EdgeSettings) -> Dialect:
    pages = Login(services, settings)
    return Dialect(
        name="login",
        routes=(
            Route("GET", LOGIN, pages.page, public=True),
            Route("POST", "/api/auth/login", pages.log_in, public=True),
            Route("POST", "/api/auth/logout", pages.log_out, public=True),
        ),
        errors=_answer,
    )


async def _read(request: web.Request) -> _Attempt:
    """BAD_REQUEST without a key."""
    body = await read_bytes(request)
    by_form = request.content_type == _FORM
    if by_form:
        fields = parse_qs(body.decode(errors="replace"))
        given: object = {name: values[0] for name, values in fields.items()}
    else:
        given = parse_json(body)
    key = given.get("api_key") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(key, str):
        raise AppError(ErrorCode.BAD_REQUEST, "Give the key as api_key.")
    target = given.get("next")
    return _Attempt(key, local_address(target if isinstance(target, str) else None), by_form)


def local_address(target: str | None) -> str:
    """The address to go on to, when it is one of this server, else its first page."""
    if target is None or not target.startswith("/") or not target.isprintable():
        return "/"
    # Browsers read a backslash as a slash, and two slashes as another host.
    return "/" if target[1:2] in {"/", "\\"} else target


def _page(target: str, *, told: str, status: int) -> web.Response:
    text = _PAGE.substitute(style=_STYLE, told=told, next=html.escape(target))
    return web.Response(body=text.encode(), status=status, headers=_HEADERS)


def _to(target: str, status: int) -> web.Response:
    return web.Response(status=status, headers={"Location": target})


def _answer(error: AppError) -> web.Response:
    return json_response({"detail": error.message}, status_of(error.code))
