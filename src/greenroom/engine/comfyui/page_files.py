"""Fetch a file for a page from one ComfyUI: within limits, and only if it changed."""

import hashlib

import aiohttp

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.page_file import LARGEST, PageContent, PageFile
from greenroom.engine.comfyui import listings
from greenroom.engine.comfyui.http import ComfyHttp, Refused

_NOT_THERE = frozenset({400, 403, 404})


async def fetch(http: ComfyHttp, file: PageFile, known: PageContent | None) -> PageContent | None:
    """`known` itself when it is still right, None when there is no such file.

    TOO_LARGE; Unreachable; Refused at any other answer.
    """
    path = listings.page_address(file)
    if path is None:
        return None
    headers = {"If-None-Match": known.tag} if known is not None and known.tag else {}
    async with http.page(path, headers) as answer:
        if answer.status == 304 and known is not None:
            return known
        if answer.status in _NOT_THERE:
            return None
        if answer.status != 200:
            raise Refused(answer.status, "no file")
        data = await _read(answer)
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    return PageContent(data, digest, answer.headers.get("ETag"))


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for part in answer.content.iter_any():
        data += part
        if len(data) > LARGEST:
            limit = LARGEST // 1024**2
            raise AppError(ErrorCode.TOO_LARGE, f"The worker's file is larger than {limit} MiB.")
    return bytes(data)
