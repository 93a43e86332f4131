"""/history: what has run, oldest first."""

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.comfy.ids import job_id_in_path, job_ids
from greenroom.api.context import Call
from greenroom.api.native import shapes
from greenroom.api.wire import empty, json_response, long_json
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import TERMINAL_STATES

_MOST = 10_000
"""Entries in one answer; ComfyUI never keeps more."""


async def show(call: Call) -> web.StreamResponse:
    limit, offset = _whole(call, "max_items"), _whole(call, "offset")
    if offset is not None and offset < 0:
        offset = None
    if limit is not None and limit <= 0:
        # Counted from the newest this is nothing, from the start it stops after the first.
        if offset is None:
            return json_response({})
        limit = 1
    limit = _MOST if limit is None else min(limit, _MOST)
    details = await call.services.jobs.history(call.principal, limit, offset)
    return await long_json(shapes.history, details)


async def show_one(call: Call) -> web.StreamResponse:
    """The job when it has ended; an empty object for every other id."""
    job_id = job_id_in_path(call, "prompt_id")
    detail = await call.services.jobs.detail(call.principal, job_id) if job_id else None
    if detail is None or detail.job.state not in TERMINAL_STATES:
        return json_response({})
    return json_response(shapes.history([detail]))


async def change(call: Call) -> web.StreamResponse:
    body = await read_object(call.request)
    if body.get("clear"):
        await call.services.jobs.clear_history(call.principal)
    wanted = job_ids(body.get("delete"))
    if wanted:
        await call.services.jobs.delete(call.principal, wanted)
    return empty()


def _whole(call: Call, name: str) -> int | None:
    text = call.query(name)
    if text is None:
        return None
    try:
        return max(min(int(text), 2**62), -1)
    except ValueError:
        message = f"{name} must be an integer"
        raise AppError(ErrorCode.BAD_REQUEST, message) from None
