"""Signed addresses of files, whole or small."""

from aiohttp import web

from greenroom.api import signed
from greenroom.api.cloud.thumbnails import Thumbnails
from greenroom.api.context import Call
from greenroom.domain.asset import Asset
from greenroom.domain.ids import AssetId

PATH = "/signed/{id}"
_PICTURES = ("image/", "video/")
_PREVIEW_SIZE = 512


def content_url(call: Call, asset_id: AssetId) -> str:
    """Opens the bytes without a key, for an hour."""
    url, _ = signed.link(call, f"{_base(call)}/signed", asset_id)
    return url


def preview_url(call: Call, asset: Asset) -> str | None:
    """A small picture of it or of its preview; None for what shows nothing."""
    if asset.preview_id is not None:
        return f"{content_url(call, asset.preview_id)}&res={_PREVIEW_SIZE}"
    if not asset.mime.startswith(_PICTURES):
        return None
    return f"{content_url(call, asset.id)}&res={_PREVIEW_SIZE}"


class SignedContent:
    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails

    async def show(self, call: Call) -> web.StreamResponse:
        """The bytes, or with `res` a small picture of them. FORBIDDEN, NOT_FOUND."""
        if call.query("res") is None:
            return await signed.content(call)
        return await self._thumbnails.show(call, await signed.opened(call))


def _base(call: Call) -> str:
    """Whatever stands before the dialect's own paths."""
    before, _, _ = call.request.path.partition("/api/")
    return before
