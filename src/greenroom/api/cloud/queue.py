"""/api/queue and /api/interrupt: what waits and runs, and how to stop it."""

from collections.abc import Mapping

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.cloud import shapes
from greenroom.api.cloud.removal import read_removal
from greenroom.api.comfy.ids import job_id
from greenroom.api.context import Call
from greenroom.api.wire import empty, json_response, long_json
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import JobState
from greenroom.domain.record import JobFilter

_RUNNING = JobFilter(states=frozenset({JobState.RUNNING}))


async def show(call: Call) -> web.StreamResponse:
    active = await call.services.jobs.queue(call.principal)
    running = [shapes.queue_item(one, place) for place, one in enumerate(active.running, 1)]
    first = len(running) + 1
    return await long_json(
        lambda pending: {
            "queue_running": running,
            "queue_pending": [
                shapes.queue_item(one, place) for place, one in enumerate(pending, first)
            ],
        },
        active.pending,
    )


async def change(call: Call) -> web.StreamResponse:
    """Take waiting jobs out of the queue; running ones are not touched."""
    wanted, clear = await read_removal(call)
    stopped = await call.services.jobs.cancel_waiting(call.principal, None if clear else wanted)
    return json_response({"deleted": [job.id for job in stopped], "cleared": clear})


async def interrupt(call: Call) -> web.StreamResponse:
    """Stop every running job of the caller or, when `prompt_id` names one, that one alone."""
    named = await _named(call)
    if named is None:
        page = await call.services.jobs.page(call.principal, _RUNNING)
        for job in page.jobs:
            await call.services.jobs.cancel(call.principal, job.id)
        return empty()
    known = job_id(named)
    if known is None or await call.services.jobs.get(call.principal, known) is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
    await call.services.jobs.cancel(call.principal, known)
    return empty()


async def _named(call: Call) -> object:
    """The job that the body names; None without a body that can be read."""
    try:
        value = parse_json(await read_bytes(call.request))
    except AppError:
        return None
    return value.get("prompt_id") if isinstance(value, Mapping) else None
