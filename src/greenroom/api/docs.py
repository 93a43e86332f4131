"""/docs: the OpenAPI description of every API on one page, without a request to anywhere else."""

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from aiohttp import web

import greenroom
from greenroom.api.context import Call
from greenroom.api.error_status import status_of
from greenroom.api.media_types import media_type
from greenroom.api.routes import Dialect, Route
from greenroom.api.wire import json_response, text_response
from greenroom.domain.errors import AppError, ErrorCode

Description: TypeAlias = Callable[[], dict[str, Any]]
"""OpenAPI as a JSON value."""

_PLACEHOLDER = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")
_PAGE = Path(__file__).parent / "docs_page"
_TITLES = {
    "native": "ComfyUI",
    "v2": "Comfy API v2",
    "cloud": "Comfy Cloud",
    "studio": "ComfyUI Studio",
    "serverless": "Serverless",
    "library": "Greenroom: workflows and batches",
    "fleet": "Greenroom: workers",
    "keys": "Greenroom: keys",
    "console": "Greenroom: console",
}
"""The dialects that programs use, in the order in which they are offered."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Docs:
    def __init__(
        self, dialects: Iterable[Dialect], descriptions: Mapping[str, Description]
    ) -> None:
        named = {dialect.name: dialect for dialect in dialects}
        self._apis = {name: named[name] for name in _TITLES if name in named}
        self._descriptions = descriptions

    async def apis(self, _call: Call) -> web.StreamResponse:
        """Which descriptions there are."""
        return json_response([{"name": name, "title": _TITLES[name]} for name in self._apis])

    async def one(self, call: Call) -> web.StreamResponse:
        """One description. NOT_FOUND."""
        name = call.part("name")
        if name not in self._apis:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such API.")
        describe = self._descriptions.get(name) or partial(from_routes, self._apis[name])
        return json_response(await asyncio.to_thread(describe))

    async def page(self, call: Call) -> web.StreamResponse:
        name = call.request.match_info.get("file", "index.html")
        headers = {
            "Content-Type": f"{media_type(name)}; charset=utf-8",
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        body = await asyncio.to_thread(_PAGE.joinpath(name).read_bytes)
        return web.Response(body=body, headers=headers)


def docs(dialects: Iterable[Dialect], descriptions: Mapping[str, Description]) -> Dialect:
    """The page for these dialects; those without a description of their own tell their routes."""
    made = Docs(dialects, descriptions)
    return Dialect(
        name="docs",
        routes=(
            Route("GET", "/docs", made.page, page=True),
            Route("GET", "/docs/{file:page\\.(?:css|js)}", made.page),
            Route("GET", "/docs/apis.json", made.apis),
            Route("GET", "/docs/{name:[a-z0-9]+}.json", made.one),
        ),
        errors=_answer,
    )


def from_routes(dialect: Dialect) -> dict[str, Any]:
    """What a route table tells: methods, paths, placeholders, and the handlers' own words."""
    paths: dict[str, dict[str, Any]] = {}
    for route in dialect.routes:
        for prefix in route.prefixes:
            path = _PLACEHOLDER.sub(r"{\1}", dialect.prefix + prefix + route.path)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLES[dialect.name], "version": greenroom.__version__},
        "paths": paths,
    }


def _operation(route: Route) -> Mapping[str, Any]:
    told = inspect.getdoc(route.handler) if inspect.isroutine(route.handler) else None
    names = _PLACEHOLDER.findall(route.path)
    return {
        "summary": (told or "").partition("\n")[0],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ],
        "responses": {"200": {"description": "Done."}},
    }


def _answer(error: AppError) -> web.Response:
    return text_response(error.message, status_of(error.code))
