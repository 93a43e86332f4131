"""Pass one request on to a ComfyUI, and its answer back as it comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.engine.comfyui.http import ComfyHttp, Unreachable


@asynccontextmanager
async def relayed(http: ComfyHttp, request: RelayRequest) -> AsyncIterator[RelayAnswer]:
    """UNAVAILABLE without an answer."""
    try:
        async with http.relay(request) as answer:
            kind = answer.headers.get("Content-Type")
            yield RelayAnswer(answer.status, kind, _parts(answer))
    except Unreachable as trouble:
        raise AppError(ErrorCode.UNAVAILABLE, str(trouble)) from trouble


async def _parts(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for part in answer.content.iter_any():
            yield part
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise AppError(ErrorCode.UNAVAILABLE, "the answer broke off") from error
