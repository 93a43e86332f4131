"""/internal: what the frontend shows of the server. Nothing of other users, nothing of the disk."""

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.comfy import models
from greenroom.api.context import Call
from greenroom.api.wire import empty, json_response
from greenroom.domain.asset import Root
from greenroom.domain.browse import AssetSearch

_MOST_FILES = 10_000


async def logs(_call: Call) -> web.StreamResponse:
    """The log tells what every user does, so it stays with the operator."""
    return json_response("")


async def raw_logs(_call: Call) -> web.StreamResponse:
    return json_response({"entries": [], "size": {"cols": 80, "rows": 24}})


async def subscribe(call: Call) -> web.StreamResponse:
    """Accepted, and never followed by a line."""
    await read_object(call.request)
    return empty()


async def folder_paths(_call: Call) -> web.StreamResponse:
    return json_response({name: [f"models/{name}"] for name in models.FOLDERS})


async def files(call: Call) -> web.StreamResponse:
    """The files at the top of a root, the newest first, each with its root as a note."""
    name = call.part("directory_type")
    if name not in set(Root):
        return json_response({"error": "Invalid directory type"}, 400)
    search = AssetSearch(roots=frozenset({Root(name)}), subfolder="")
    page = await call.services.browse.assets(call.principal, search, None, _MOST_FILES)
    return json_response([f"{asset.name} [{name}]" for asset in page.assets])
