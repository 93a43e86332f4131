"""Responses from plain values, encoded once and sent as bytes."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from aiohttp import web

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
_SHORT = 50
_T = TypeVar("_T")
_encoder = msgspec.json.Encoder()

encode = _encoder.encode
"""A JSON value, possibly with `msgspec.Raw` inside, as bytes."""


def json_response(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=_encoder.encode(value), status=status, headers=_JSON)


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    """A response whose JSON is encoded already."""
    return web.Response(body=body, status=status, headers=_JSON)


async def long_json(build: Callable[[Iterable[_T]], Any], items: Sequence[_T]) -> web.Response:
    """The JSON of what `build` makes of the items; of many of them away from the event loop."""
    if len(items) <= _SHORT:
        return json_response(build(items))
    return json_bytes(await asyncio.to_thread(lambda: _encoder.encode(build(items))))


def text_response(text: str, status: int = 200) -> web.Response:
    return web.Response(body=text.encode(), status=status, headers=_TEXT)


def no_such_file(path: str) -> web.Response:
    """The answer where a page looks for a file; scripts and styles are asked for anew each time."""
    headers = {"Content-Type": "application/octet-stream"}
    if path.endswith((".js", ".css")):
        headers["Cache-Control"] = "no-store"
    return web.Response(status=404, headers=headers)


def empty(status: int = 200) -> web.Response:
    """No body, and no content type."""
    return web.Response(status=status, headers={"Content-Length": "0"})
