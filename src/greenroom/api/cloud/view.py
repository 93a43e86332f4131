"""/api/view: the way to a file, a small picture of it, or one of its channels."""

from aiohttp import web

from greenroom.api.cloud import signed_links
from greenroom.api.cloud.parameters import bad
from greenroom.api.cloud.thumbnails import Thumbnails
from greenroom.api.comfy.pictures import Pictures, Wish
from greenroom.api.context import Call
from greenroom.api.files import disposition
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError
from greenroom.service.assets import FileName

_CHANNELS = {"rgb": "rgb", "a": "a", "alpha": "a"}


class View:
    def __init__(self, pictures: Pictures, thumbnails: Thumbnails) -> None:
        self._pictures = pictures
        self._thumbnails = thumbnails

    async def show(self, call: Call) -> web.StreamResponse:
        """A redirect to a signed address; a picture where one of its sides is asked for."""
        asset = await located(call)
        channel = call.query("channel")
        if channel:
            return await self._channel(call, asset, channel)
        if call.query("res") is not None:
            return await self._thumbnails.show(call, asset)
        location = signed_links.content_url(call, asset.id)
        return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})

    async def _channel(self, call: Call, asset: Asset, channel: str) -> web.StreamResponse:
        if channel not in _CHANNELS:
            raise bad(f"'channel' is one of {', '.join(_CHANNELS)}.")
        wish = Wish("PNG", 0, _CHANNELS[channel])
        made = await self._pictures.render(call.services.assets.local_path(asset), wish)
        headers = {"Content-Type": "image/png", "Content-Disposition": disposition(asset.name)}
        return web.Response(body=made, headers=headers)


async def located(call: Call) -> Asset:
    """The file that is asked for. A folder and a type help to find it and decide nothing."""
    text = call.query("filename")
    if not text:
        raise bad("'filename' is missing.")
    return await call.services.content_names.locate(call.principal, text, _place(call, text))


def _place(call: Call, text: str) -> FileName | None:
    """None where no file can be."""
    folder, _, name = text.rpartition("/")
    folder = "/".join(part for part in (call.query("subfolder") or "", folder) if part)
    try:
        return FileName.checked(Root(call.query("type") or "output"), folder, name)
    except (AppError, ValueError):
        return None
