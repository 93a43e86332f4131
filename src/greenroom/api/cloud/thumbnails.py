"""Small JPEGs of pictures and films."""

from aiohttp import web

from greenroom.api.cloud.parameters import whole
from greenroom.api.context import Call
from greenroom.api.small_pictures import SmallPictures
from greenroom.domain.asset import Asset

_SMALLEST = 64
_LARGEST = 1024


class Thumbnails:
    def __init__(self) -> None:
        self._pictures = SmallPictures("JPEG")

    async def show(self, call: Call, asset: Asset) -> web.StreamResponse:
        """`res` is the longest side. BAD_REQUEST, UNSUPPORTED_MEDIA, TOO_LARGE."""
        size = whole(call, "res", _LARGEST, _SMALLEST, _LARGEST)
        path = call.services.assets.local_path(asset)
        made = await self._pictures.get(asset.blob, path, asset.mime, size)
        headers = {"Content-Type": "image/jpeg", "Cache-Control": "private, no-cache"}
        return web.Response(body=made, headers=headers)
