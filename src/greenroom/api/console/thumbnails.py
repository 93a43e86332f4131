"""Small pictures of stored files, made in threads and kept while there is room."""

import asyncio
from collections import OrderedDict
from pathlib import Path

from aiohttp import web

from greenroom.api.context import Call
from greenroom.domain.asset import Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.assets import FileName

_AT_ONCE = 2
_SIZES = (128, 384)
_MOST_BYTES = 32 * 1024 * 1024


class Thumbnails:
    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._made: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0

    async def show(self, call: Call) -> web.StreamResponse:
        """`size` is the longest side. NOT_FOUND, UNSUPPORTED_MEDIA, TOO_LARGE."""
        asset = await call.services.assets.find(call.principal, _name(call))
        if asset is None:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such file.")
        size = _SIZES[1] if call.query("size") == "large" else _SIZES[0]
        key = (asset.blob, size)
        headers = {
            "Content-Type": "image/webp",
            "ETag": f'"{asset.blob[:32]}-{size}"',
            "Cache-Control": "private, no-cache",
        }
        if call.request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        found = self._made.get(key)
        if found is None:
            found = await self._make(call.services.assets.local_path(asset), asset.mime, size)
            self._keep(key, found)
        return web.Response(body=found, headers=headers)

    async def _make(self, path: Path, mime: str, size: int) -> bytes:
        async with self._room:
            return await asyncio.to_thread(_thumbnail, path, mime, size)

    def _keep(self, key: tuple[str, int], data: bytes) -> None:
        if key in self._made:
            return
        self._made[key] = data
        self._bytes += len(data)
        while self._bytes > _MOST_BYTES:
            _, dropped = self._made.popitem(last=False)
            self._bytes -= len(dropped)


def _name(call: Call) -> FileName:
    try:
        root = Root(call.query("type") or "output")
    except ValueError:
        raise AppError(ErrorCode.BAD_REQUEST, "There is no such folder.") from None
    return FileName.checked(root, call.query("subfolder") or "", call.query("filename") or "")


def _thumbnail(path: Path, mime: str, size: int) -> bytes:
    from greenroom.api.console import small_picture  # noqa: PLC0415 - most servers never need it

    return small_picture.render(path, mime, size)
