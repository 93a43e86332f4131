"""The connection that a worker on another machine opens, and keeps open."""

import asyncio

from aiohttp import WSCloseCode, WSMsgType, web

import greenroom
from greenroom.api.context import Call
from greenroom.api.sockets import Sender
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.link import LARGEST_FRAME, PROTOCOL
from greenroom.service.stations import Line, Wire

_MOST_FRAMES = 10_000
_MOST_BYTES = 2 * LARGEST_FRAME
_FIRST_WORD_S = 20.0
"""Seconds that a worker has to say who it is."""


async def terms(call: Call) -> web.StreamResponse:
    """What a worker must know before it connects; refuses the `worker` that may not."""
    worker = call.query("worker")
    if worker is not None:
        await call.services.stations.admit(call.principal, WorkerId(worker))
    return json_response({"protocol": PROTOCOL, "version": greenroom.__version__})


async def connect(call: Call) -> web.StreamResponse:
    """Talk with one worker until either side goes."""
    socket = web.WebSocketResponse(max_msg_size=LARGEST_FRAME, compress=False)
    await socket.prepare(call.request)
    transport = call.request.transport
    if transport is None:
        return socket
    sender = Sender(socket, transport.abort, _MOST_FRAMES, _MOST_BYTES)
    sending = asyncio.create_task(sender.run())
    try:
        wire = Wire(call.request.remote or "unknown", sender.send, transport.abort)
        line = await call.services.stations.receive(call.principal, await _first_word(socket), wire)
        await _listen(socket, line)
    except AppError as error:
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=error.message.encode()[:120])
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


async def _first_word(socket: web.WebSocketResponse) -> bytes:
    try:
        async with asyncio.timeout(_FIRST_WORD_S):
            frame = await socket.receive()
    except TimeoutError:
        raise AppError(ErrorCode.BAD_REQUEST, "the worker did not say who it is") from None
    if frame.type is not WSMsgType.BINARY:
        raise AppError(ErrorCode.BAD_REQUEST, "the worker did not say who it is")
    return bytes(frame.data)


async def _listen(socket: web.WebSocketResponse, line: Line) -> None:
    try:
        async for frame in socket:
            if frame.type is WSMsgType.BINARY:
                line.hear(frame.data)
    finally:
        line.end()
