"""Show a file of the input or output folder; read the workflow inside one."""

import asyncio

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.files import stored_file
from greenroom.api.uploads import read_form
from greenroom.api.wire import json_response
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.reading.workflow_file import read_workflow_file
from greenroom.service.assets import FileName


async def view(call: Call) -> web.StreamResponse:
    """`filename`, `type` (input unless said otherwise) and `subfolder`. NOT_FOUND."""
    filename = call.query("filename")
    if not filename:
        raise AppError(ErrorCode.BAD_REQUEST, "filename is required")
    asset = await _find(
        call, call.query("type") or "input", call.query("subfolder") or "", filename
    )
    return stored_file(call.request, call.services.assets.local_path(asset), asset.name)


async def extract(call: Call) -> web.StreamResponse:
    """The prompt and the workflow inside an uploaded file."""
    async with read_form(call, call.services.policy.upload_limit) as form:
        sent = next(iter(form.files.values()), None)
        if sent is None:
            raise AppError(ErrorCode.BAD_REQUEST, "The form has no file.")
        data = b"".join([chunk async for chunk in sent.landing])
    return await _told(data)


async def extract_stored(call: Call) -> web.StreamResponse:
    """The same for a file that is here already: `source` is input or output."""
    folder, _, name = call.part("filename").rpartition("/")
    asset = await _find(call, call.query("source") or "input", folder, name)
    return await _told(await call.services.assets.read(asset))


async def _find(call: Call, root: str, subfolder: str, filename: str) -> Asset:
    if root not in set(Root):
        raise _unknown()
    try:
        name = FileName.checked(Root(root), subfolder, filename)
    except AppError as error:
        raise _unknown() from error
    asset = await call.services.assets.find(call.principal, name)
    if asset is None:
        raise _unknown()
    return asset


async def _told(data: bytes) -> web.StreamResponse:
    try:
        found = await asyncio.to_thread(read_workflow_file, data)
    except AppError as error:
        if error.code is ErrorCode.INVALID_GRAPH:
            raise AppError(ErrorCode.NOT_FOUND, "No workflow found in the file") from error
        raise AppError(ErrorCode.BAD_REQUEST, error.message) from error
    return json_response({"prompt": found.prompt, "workflow": found.workflow})


def _unknown() -> AppError:
    return AppError(ErrorCode.NOT_FOUND, "File not found")
