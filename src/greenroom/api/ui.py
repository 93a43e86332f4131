"""The built web UI: one page for every address of the UI, and its files."""

import asyncio
from pathlib import Path

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.error_status import status_of
from greenroom.api.media_types import media_type
from greenroom.api.routes import Dialect, Route
from greenroom.api.wire import text_response
from greenroom.domain.errors import AppError, ErrorCode

BUILT = Path(__file__).parents[1] / "web_dist"
"""Where the build puts the UI."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_GUARDED = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_FOREVER = "public, max-age=31536000, immutable"
_UNBUILT = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Greenroom</title>"
    "<h1>Greenroom serves</h1><p>The web UI is not built here: <code>make web</code> builds it. "
    "The APIs answer all the same.</p></html>"
)


class Pages:
    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder

    async def page(self, _call: Call) -> web.StreamResponse:
        """The same page for every address; it finds out itself what to show."""
        text = await asyncio.to_thread(self._index)
        headers = {**_GUARDED, "Cache-Control": "no-cache", "Content-Type": media_type("x.html")}
        return web.Response(body=text, headers=headers)

    async def file(self, call: Call) -> web.StreamResponse:
        """A file of the build; its name changes with its content. NOT_FOUND."""
        path = self._folder / "ui" / call.part("name")
        if not await asyncio.to_thread(path.is_file):
            raise AppError(ErrorCode.NOT_FOUND, "There is no such file.")
        headers = {**_GUARDED, "Cache-Control": _FOREVER, "Content-Type": media_type(path.name)}
        return web.FileResponse(path, headers=headers)

    def _index(self) -> bytes:
        try:
            return (self._folder / "index.html").read_bytes()
        except FileNotFoundError:
            return _UNBUILT.encode()


def ui() -> Dialect:
    """Its files are public: they hold nothing, and what they show comes from APIs with a check."""
    pages = Pages()
    addresses = ("/", "/run", "/run/{workflow:.+}", "/admin", "/admin/{page:.+}")
    return Dialect(
        name="ui",
        routes=(
            *(Route("GET", address, pages.page, page=True) for address in addresses),
            Route("GET", "/ui/{name:[A-Za-z0-9_.-]+}", pages.file, public=True),
        ),
        errors=_answer,
    )


def _answer(error: AppError) -> web.Response:
    return text_response(error.message, status_of(error.code))
