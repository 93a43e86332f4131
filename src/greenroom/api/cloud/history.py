"""/api/history_v2 and /api/history: what has ended, newest first."""

from aiohttp import web

from greenroom.api.cloud import shapes
from greenroom.api.cloud.parameters import whole
from greenroom.api.cloud.removal import read_removal
from greenroom.api.comfy.ids import job_id_in_path
from greenroom.api.context import Call
from greenroom.api.wire import empty, json_response, long_json
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import TERMINAL_STATES

_MOST = 1000
"""Entries in one answer, asked for or not."""


async def show(call: Call) -> web.StreamResponse:
    limit = min(whole(call, "max_items", _MOST, 0), _MOST)
    offset = whole(call, "offset", 0, 0)
    details = await call.services.jobs.recent(call.principal, limit, offset)
    return await long_json(
        lambda some: {"history": [shapes.history_entry(detail) for detail in some]}, details
    )


async def show_one(call: Call) -> web.StreamResponse:
    """NOT_FOUND also while the job goes on."""
    job_id = job_id_in_path(call, "prompt_id")
    detail = await call.services.jobs.detail(call.principal, job_id) if job_id else None
    if detail is None or detail.job.state not in TERMINAL_STATES:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such prompt in the history.")
    return json_response({detail.job.id: shapes.history_detail(detail)})


async def change(call: Call) -> web.StreamResponse:
    """Forget all that has ended, or the jobs that are named; their files stay."""
    wanted, clear = await read_removal(call)
    if clear:
        await call.services.jobs.clear_history(call.principal)
    if wanted:
        await call.services.jobs.delete(call.principal, wanted)
    return empty()
