"""Requests to the live ComfyUI of an instance, passed on within limits."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.serverless.deployments import deployment_id
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.relay import LARGEST_BODY, RelayAnswer, RelayRequest

_CREDENTIAL = "token"
"""The query parameter that may hold a key; it is ours, and nobody else's business."""
# What a custom node answers must not run as a page of this server.
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


async def relay(call: Call) -> web.StreamResponse:
    """The answer of the instance's ComfyUI. 409 while it does not run, 403 for other paths."""
    instance = WorkerId(call.part("instance_id"))
    relays = call.services.instance_relay
    await relays.require_instance(call.principal, deployment_id(call), instance)
    async with relays.relay(instance, await _read(call.request)) as answer:
        return await _send(call.request, answer)


async def _read(request: web.Request) -> RelayRequest:
    """Without any of the credentials that were shown to us. TOO_LARGE."""
    query = tuple((name, text) for name, text in request.query.items() if name != _CREDENTIAL)
    return RelayRequest(
        "GET" if request.method == "HEAD" else request.method,
        request.match_info["path"].lstrip("/"),
        query,
        request.headers.get("Content-Type"),
        await _body(request),
    )


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > LARGEST_BODY:
            limit = LARGEST_BODY // 1024**2
            raise AppError(ErrorCode.TOO_LARGE, f"The body is larger than {limit} MiB.")
    return bytes(body)


async def _send(request: web.Request, answer: RelayAnswer) -> web.StreamResponse:
    if 300 <= answer.status < 400:
        raise AppError(ErrorCode.UNAVAILABLE, "The instance answered with a redirect.")
    response = web.StreamResponse(status=answer.status, headers=_HARMLESS)
    if answer.content_type is not None:
        response.headers["Content-Type"] = answer.content_type
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        async for part in answer.parts:
            await response.write(part)
    except AppError:
        # The head has gone out: an answer that is cut says that it is not whole.
        if request.transport is not None:
            request.transport.abort()
        return response
    await response.write_eof()
    return response
