"""/api/userdata: the small files that a front end keeps for its user."""

from typing import Any

from aiohttp import web

from greenroom.api.bodies import read_bytes
from greenroom.api.cloud.parameters import bad, flag
from greenroom.api.context import Call
from greenroom.api.instants import instant
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.userdata import UserFile, clean_path

_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
}


async def listing(call: Call) -> web.StreamResponse:
    """Every file with its size and time, whatever else is asked for."""
    wanted = call.query("dir")
    if not wanted:
        raise bad("'dir' is missing.")
    folder = _path(wanted, ErrorCode.BAD_REQUEST)
    start = f"{folder}/" if folder else ""
    files = await call.services.userdata.files(call.principal)
    inside = [
        (file.path.removeprefix(start), file) for file in files if file.path.startswith(start)
    ]
    if folder and not inside:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such folder.")
    deep = flag(call, "recurse")
    return json_response([_listed(path, file) for path, file in inside if deep or "/" not in path])


async def read(call: Call) -> web.StreamResponse:
    path = _path(call.part("file"), ErrorCode.BAD_REQUEST)
    content = await call.services.userdata.read(call.principal, path)
    if content is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such file.")
    return web.Response(body=content.data, headers=_HEADERS)


async def write(call: Call) -> web.StreamResponse:
    """CONFLICT when there is such a file and `overwrite` is false."""
    path = _path(call.part("file"), ErrorCode.FORBIDDEN)
    if not path:
        raise bad("The file has no name.")
    data = await read_bytes(call.request)
    file = await call.services.userdata.write(
        call.principal, path, data, overwrite=call.query("overwrite") != "false"
    )
    told = {"path": file.path, "size": file.size, "modified": instant(file.modified_at)}
    return json_response(told)


async def delete(call: Call) -> web.StreamResponse:
    path = _path(call.part("file"), ErrorCode.NOT_FOUND)
    if not await call.services.userdata.delete(call.principal, path):
        raise AppError(ErrorCode.NOT_FOUND, "There is no such file.")
    return web.Response(status=204)


def _path(text: str, outside: ErrorCode) -> str:
    """`outside` is what a path that leaves the user's folder comes to."""
    try:
        return clean_path(text)
    except AppError as error:
        raise AppError(outside, "This path is not one inside your folder.") from error


def _listed(path: str, file: UserFile) -> dict[str, Any]:
    return {"path": path, "size": file.size, "modified": file.modified_at / 1000}
