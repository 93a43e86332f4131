"""Small pictures of stored files."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.small_pictures import SmallPictures
from greenroom.domain.asset import Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.assets import FileName

_SIZES = (128, 384)


class Thumbnails:
    def __init__(self) -> None:
        self._pictures = SmallPictures("WEBP")

    async def show(self, call: Call) -> web.StreamResponse:
        """`size` is the longest side. NOT_FOUND, UNSUPPORTED_MEDIA, TOO_LARGE."""
        asset = await call.services.assets.find(call.principal, _name(call))
        if asset is None:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such file.")
        size = _SIZES[1] if call.query("size") == "large" else _SIZES[0]
        headers = {
            "Content-Type": "image/webp",
            "ETag": f'"{asset.blob[:32]}-{size}"',
            "Cache-Control": "private, no-cache",
        }
        if call.request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        path = call.services.assets.local_path(asset)
        made = await self._pictures.get(asset.blob, path, asset.mime, size)
        return web.Response(body=made, headers=headers)


def _name(call: Call) -> FileName:
    try:
        root = Root(call.query("type") or "output")
    except ValueError:
        raise AppError(ErrorCode.BAD_REQUEST, "There is no such folder.") from None
    return FileName.checked(root, call.query("subfolder") or "", call.query("filename") or "")
