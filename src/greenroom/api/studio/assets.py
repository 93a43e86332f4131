"""The files: inputs, outputs by job, upload of many, ZIP of everything, delete."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from aiohttp import web

from greenroom.api import archive
from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.studio import folders, incoming
from greenroom.api.studio.package import safe_path
from greenroom.api.uploads import read_form
from greenroom.api.wire import json_response
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.notice import NoticeKind
from greenroom.domain.workflow.output_folder import is_folder_name
from greenroom.service.assets import FileName

_ROOTS = {"inputs": Root.INPUT, "outputs": Root.OUTPUT}


async def upload(call: Call) -> web.StreamResponse:
    """Many files under the field `files`; says which were kept."""
    async with read_form(call, call.services.policy.upload_limit, repeated=True) as form:
        empty = [
            sent.filename or field for field, sent in form.files.items() if not sent.landing.size
        ]
        kept = await incoming.keep_all(call, form)
    errors = [f"{name}: the file is empty" for name in empty]
    return json_response({"uploaded": list(kept.values()), "errors": errors})


async def stats(call: Call) -> web.StreamResponse:
    """How many inputs the database knows, and how many files lie in the folder."""
    known = await call.services.assets.names(call.principal, Root.INPUT)
    more = await call.services.assets.untracked(call.principal, Root.INPUT)
    return json_response({"files_on_disk": len(known) + len(more), "records_in_db": len(known)})


async def sync(call: Call) -> web.StreamResponse:
    """Take in the files that somebody put into the input folder."""
    assets = call.services.assets
    found = await assets.untracked(call.principal, Root.INPUT)
    registered: list[str] = []
    errors: list[str] = []
    for path, file in sorted(found.items()):
        folder, _, name = path.rpartition("/")
        try:
            checked = FileName.checked(Root.INPUT, folder, name)
        except AppError as error:
            errors.append(f"{path}: {error.message}")
            continue
        if await assets.register(call.principal, checked, file) is not None:
            registered.append(path)
    told: dict[str, JsonValue] = {"files": list(registered)}
    await call.services.event_log.note(call.principal, NoticeKind.ASSETS_SYNCED, told)
    return json_response({"registered": registered, "errors": errors})


async def show(call: Call) -> web.StreamResponse:
    """`inputs` or `outputs`, the newest first; outputs are grouped by the folders of the jobs."""
    root = _ROOTS.get(call.part("type"))
    if root is None:
        raise AppError(ErrorCode.BAD_REQUEST, "Invalid asset type. Use 'inputs' or 'outputs'.")
    found = await call.services.assets.of_root(call.principal, root)
    if root is Root.INPUT:
        return json_response(folders.inputs(found))
    active = await call.services.records.active(call.principal, 0)
    busy = {one.recipe.output_dir for one in active.running if one.recipe is not None}
    return json_response(folders.outputs(found, busy))


async def everything(call: Call) -> web.StreamResponse:
    """Every output as one ZIP."""
    found = await call.services.assets.of_root(call.principal, Root.OUTPUT)
    if not found:
        raise AppError(ErrorCode.NOT_FOUND, "Output directory not found")
    files = [
        (safe_path(one.subfolder, one.name), call.services.assets.local_path(one)) for one in found
    ]
    now = datetime.fromtimestamp(call.services.clock.now() / 1000, tz=UTC).astimezone()
    return await archive.send(call.request, f"outputs_{now:%Y%m%d_%H%M%S}.zip", files, {})


async def delete(call: Call) -> web.StreamResponse:
    """Files by their path, and whole folders of jobs by their name."""
    body = await read_object(call.request)
    root, wanted = _ROOTS.get(str(body.get("type"))), body.get("files")
    if root is None:
        raise AppError(ErrorCode.BAD_REQUEST, "Invalid type")
    deleted: list[str] = []
    errors: list[str] = []
    for path in _texts(wanted):
        reason = await _delete(call, root, path)
        if reason is None:
            deleted.append(path)
        else:
            errors.append(f"{path}: {reason}")
    if deleted:
        told: dict[str, JsonValue] = {"files": list(deleted), "type": str(body["type"])}
        await call.services.event_log.note(call.principal, NoticeKind.ASSETS_DELETED, told)
    return json_response({"deleted": deleted, "errors": errors})


async def _delete(call: Call, root: Root, path: str) -> str | None:
    """Why the path could not be deleted; None when it was."""
    if path.startswith(("/", "\\")) or ".." in PurePosixPath(path.replace("\\", "/")).parts:
        return "invalid path"
    assets = call.services.assets
    if root is Root.OUTPUT and is_folder_name(path):
        return None if await assets.delete_folder(call.principal, root, path) else "not found"
    folder, _, name = path.rpartition("/")
    try:
        asset = await assets.find(call.principal, FileName.checked(root, folder, name))
    except AppError:
        return "invalid path"
    return None if await _gone(call, [asset] if asset else []) else "not found"


async def _gone(call: Call, found: Sequence[Asset]) -> bool:
    return bool(await call.services.assets.delete(call.principal, [one.id for one in found]))


def _texts(value: JsonValue) -> Iterable[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return [one for one in value if isinstance(one, str)]
