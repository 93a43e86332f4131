"""Scripts, workflows and pictures of workers' custom nodes, for the editor's page."""

from aiohttp import ETag, web

from greenroom.api.context import Call
from greenroom.api.wire import json_response, no_such_file
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.page_file import PageContent

_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "map": "application/json; charset=utf-8",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
}
"""What is passed on, by the ending of its name: nothing that is a page of its own."""

_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For a picture that is opened as a page."""


async def scripts(call: Call) -> web.StreamResponse:
    return json_response(await call.services.page_files.scripts())


async def templates(call: Call) -> web.StreamResponse:
    return json_response(await call.services.page_files.templates())


async def extension(call: Call) -> web.StreamResponse:
    pack, path = call.part("pack"), call.part("path")
    kind = _type_of(path)
    if kind is None:
        return no_such_file(path)
    content = await call.services.page_files.extension(pack, path)
    return no_such_file(path) if content is None else _sent(call, content, kind)


async def template(call: Call) -> web.StreamResponse:
    pack, path = call.part("pack"), call.part("path")
    kind = _type_of(path)
    if kind is None:
        return no_such_file(path)
    content = await call.services.page_files.template(pack, path)
    return no_such_file(path) if content is None else _sent(call, content, kind)


async def model_preview(call: Call) -> web.StreamResponse:
    """Every model is said to lie in the first path of its folder."""
    index, name = call.part("index"), call.part("filename")
    if not index.isdecimal() or not name:
        raise AppError(ErrorCode.BAD_REQUEST, "The address names no file.")
    files = call.services.page_files
    content = await files.model_preview(call.part("folder"), name) if int(index) == 0 else None
    if content is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such picture.")
    return _sent(call, content, _TYPES["webp"])


def _type_of(path: str) -> str | None:
    return _TYPES.get(path.rpartition(".")[2].lower())


def _sent(call: Call, content: PageContent, kind: str) -> web.Response:
    headers = {
        "Content-Type": kind,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
        "ETag": f'"{content.digest}"',
    }
    if kind == _TYPES["svg"]:
        headers["Content-Security-Policy"] = _INERT
    if ETag(content.digest) in (call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=content.data, headers=headers)
