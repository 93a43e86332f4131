"""The files of runs elsewhere: inputs go out whole or from some byte on, outputs come in pieces."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import ClientError, web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.service.arrivals import Arrived

_CHUNK = 1 << 18
_SILENCE_S = 20.0
"""Seconds without a byte of a piece; a worker whose connection has died sends it over a new one."""


@dataclass(frozen=True, slots=True)
class _Body:
    request: web.Request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = self.request.content.iter_chunked(_CHUNK)
        while True:
            async with asyncio.timeout(_SILENCE_S):
                chunk = await anext(chunks, b"")
            if not chunk:
                return
            yield chunk


async def send_input(call: Call) -> web.StreamResponse:
    """A file that a run of this worker reads; `Range` is heeded. NOT_FOUND, MISSING_ASSET."""
    path = call.services.stations.input_path(_admitted(call), call.part("digest"))
    if not await asyncio.to_thread(path.is_file):
        raise AppError(ErrorCode.MISSING_ASSET, "the input file is gone")
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


async def how_much_arrived(call: Call) -> web.StreamResponse:
    """{have, whole}: how many bytes of an output are here already."""
    _admitted(call)
    return _told(await call.services.arrivals.have(call.part("digest"), _number(call, "size")))


async def take_piece(call: Call) -> web.StreamResponse:
    """The bytes of an output from `offset` on. CONFLICT when another byte is the next."""
    _admitted(call)
    size, offset = _number(call, "size"), _number(call, "offset")
    digest = call.part("digest")
    try:
        arrived = await call.services.arrivals.add(digest, size, offset, _Body(call.request))
    except (ClientError, TimeoutError) as broken:
        raise AppError(ErrorCode.BAD_REQUEST, "the piece broke off") from broken
    return _told(arrived)


def _admitted(call: Call) -> WorkerId:
    """FORBIDDEN, UNAVAILABLE for the token of another instance, or of one that has ended."""
    worker = WorkerId(call.part("worker"))
    call.services.stations.require_here(call.principal, worker)
    return worker


def _told(arrived: Arrived) -> web.Response:
    return json_response({"have": arrived.have, "whole": arrived.whole})


def _number(call: Call, name: str) -> int:
    text = call.query(name) or ""
    if not text.isdecimal():
        raise AppError(ErrorCode.BAD_REQUEST, f"`{name}` is a number of bytes")
    return int(text)
