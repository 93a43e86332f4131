"""/view: a file, or the picture in it made smaller or taken apart."""

from aiohttp import web

from greenroom.api.comfy.pictures import Pictures, Wish, preview_wish
from greenroom.api.context import Call
from greenroom.api.files import disposition, stored_file
from greenroom.api.native import names
from greenroom.domain.asset import Asset
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import BlobHash

_BY_HASH = "blake3:"


class View:
    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    async def show(self, call: Call) -> web.StreamResponse:
        asset = await _asset(call)
        path = call.services.assets.local_path(asset)
        wish = _wish(call)
        if wish is None:
            return stored_file(call.request, path, asset.name)
        headers = {
            "Content-Disposition": disposition(asset.name),
            "Content-Type": f"image/{wish.format.lower()}",
        }
        return web.Response(body=await self._pictures.render(path, wish), headers=headers)


def _wish(call: Call) -> Wish | None:
    """None for the file as it is."""
    preview, channel = call.query("preview"), call.query("channel")
    if preview is not None:
        return preview_wish(preview, channel or "")
    if channel in {"rgb", "a"}:
        return Wish("PNG", 0, channel)
    return None


async def _asset(call: Call) -> Asset:
    filename = call.query("filename")
    if filename is None:
        raise _missing()
    if filename.startswith(_BY_HASH):
        found = await call.services.assets.find_bytes(
            call.principal, BlobHash(filename.removeprefix(_BY_HASH))
        )
        if found is None:
            raise _missing()
        return found
    name = names.viewed(filename, call.query("type") or "output", call.query("subfolder") or "")
    asset = await call.services.assets.find(call.principal, name)
    if asset is None:
        raise _missing()
    return asset


def _missing() -> AppError:
    return AppError(ErrorCode.NOT_FOUND, "There is no such file.")
