"""Responses from plain values, encoded once and sent as bytes."""

from typing import Any

import msgspec
from aiohttp import web

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
_encoder = msgspec.json.Encoder()

encode = _encoder.encode
"""A JSON value, possibly with `msgspec.Raw` inside, as bytes."""


def json_response(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=_encoder.encode(value), status=status, headers=_JSON)


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    """A response whose JSON is encoded already."""
    return web.Response(body=body, status=status, headers=_JSON)


def text_response(text: str, status: int = 200) -> web.Response:
    return web.Response(body=text.encode(), status=status, headers=_TEXT)


def empty(status: int = 200) -> web.Response:
    """No body, and no content type."""
    return web.Response(status=status, headers={"Content-Length": "0"})
