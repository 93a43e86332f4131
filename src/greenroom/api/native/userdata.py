"""/userdata and /v2/userdata: the small files that the frontend keeps for its user."""

from typing import Any

from aiohttp import ETag, web

from greenroom.api.bodies import read_bytes
from greenroom.api.context import Call
from greenroom.api.media_types import ACTIVE, media_type
from greenroom.api.wire import empty, json_response, text_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.userdata import UserFile, clean_path


async def listing(call: Call) -> web.StreamResponse:
    folder = call.query("dir")
    if not folder:
        raise AppError(ErrorCode.BAD_REQUEST, "Directory not provided")
    try:
        folder = clean_path(folder)
    except AppError as error:
        raise AppError(error.code, "Invalid directory") from error
    inside = _below(folder, await call.services.userdata.files(call.principal))
    if folder and not inside:
        raise AppError(ErrorCode.NOT_FOUND, "Directory not found")
    if not _is_true(call, "recurse"):
        inside = [(path, file) for path, file in inside if "/" not in path]
    if _is_true(call, "full_info"):
        return json_response([_full(path, file) for path, file in inside])
    if _is_true(call, "split"):
        return json_response([[path, *path.split("/")] for path, _ in inside])
    return json_response([path for path, _ in inside])


async def tree(call: Call) -> web.StreamResponse:
    """Everything below a folder, folders first."""
    try:
        folder = clean_path(call.query("path") or "")
    except AppError as error:
        raise AppError(error.code, "Invalid path") from error
    known = await call.services.userdata.files(call.principal)
    inside = _below(folder, known)
    if folder and not inside:
        if any(file.path == folder for file in known):
            raise AppError(ErrorCode.BAD_REQUEST, "Requested path is not a directory")
        raise AppError(ErrorCode.NOT_FOUND, "Requested path not found")
    entries = [*_folders(folder, [path for path, _ in inside]), *map(_leaf, (f for _, f in inside))]
    entries.sort(key=lambda entry: (entry["type"] != "directory", str(entry["name"]).lower()))
    return json_response(entries)


async def read(call: Call) -> web.StreamResponse:
    path = clean_path(call.part("file"))
    headers = _headers(path)
    content = await call.services.userdata.read(call.principal, path)
    if content is None:
        known = await call.services.userdata.files(call.principal)
        if not path or _below(path, known):
            return web.Response(status=403, headers={**headers, "Content-Type": _OCTETS})
        return web.Response(status=404, headers={"Content-Length": "0", **_fresh(path)})
    tag = f"{content.file.modified_at:x}-{content.file.size:x}"
    headers["ETag"] = f'"{tag}"'
    if ETag(tag) in (call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    response = web.Response(body=content.data, headers=headers)
    response.last_modified = content.file.modified_at / 1000
    return response


async def write(call: Call) -> web.StreamResponse:
    data = await read_bytes(call.request)
    file = await call.services.userdata.write(
        call.principal, call.part("file"), data, overwrite=_may_overwrite(call)
    )
    return json_response(_full(file.path, file) if _is_true(call, "full_info") else file.path)


async def move(call: Call) -> web.StreamResponse:
    file = await call.services.userdata.move(
        call.principal, call.part("file"), call.part("dest"), overwrite=_may_overwrite(call)
    )
    return json_response(_full(file.path, file) if _is_true(call, "full_info") else file.path)


async def delete(call: Call) -> web.StreamResponse:
    gone = await call.services.userdata.delete(call.principal, call.part("file"))
    return web.Response(status=204) if gone else empty(404)


def stranger(status: int = 400) -> web.Response:
    """For a user who is not there."""
    return text_response("Invalid user specified in request", status)


_OCTETS = "application/octet-stream"


def _headers(path: str) -> dict[str, str]:
    kind = media_type(path)
    return {
        "Content-Type": _OCTETS if kind in ACTIVE else kind,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment",
        **_fresh(path),
    }


def _fresh(path: str) -> dict[str, str]:
    """Scripts and styles are asked for anew each time."""
    return {"Cache-Control": "no-store"} if path.endswith((".js", ".css")) else {}


def _below(folder: str, files: list[UserFile]) -> list[tuple[str, UserFile]]:
    """The files in a folder, with their paths from there."""
    start = f"{folder}/" if folder else ""
    return [(file.path.removeprefix(start), file) for file in files if file.path.startswith(start)]


def _folders(folder: str, paths: list[str]) -> list[dict[str, Any]]:
    """The folders that are on the way to some files."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            found["/".join(parts[:depth])] = None
    start = f"{folder}/" if folder else ""
    return [
        {"name": path.rpartition("/")[2], "path": start + path, "type": "directory"}
        for path in found
    ]


def _leaf(file: UserFile) -> dict[str, Any]:
    return {
        "name": file.path.rpartition("/")[2],
        "path": file.path,
        "type": "file",
        "size": file.size,
        "modified": file.modified_at / 1000,
    }


def _full(path: str, file: UserFile) -> dict[str, Any]:
    return {
        "path": path,
        "size": file.size,
        "modified": file.modified_at,
        "created": file.created_at,
    }


def _is_true(call: Call, name: str) -> bool:
    return (call.query(name) or "").lower() == "true"


def _may_overwrite(call: Call) -> bool:
    return call.query("overwrite") != "false"
