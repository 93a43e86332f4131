"""/queue, /interrupt and /free: what waits and runs, and how to stop it."""

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes, read_object
from greenroom.api.comfy.ids import job_ids
from greenroom.api.context import Call
from greenroom.api.native import shapes
from greenroom.api.wire import empty, long_json
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import JobState
from greenroom.domain.json import JsonObject
from greenroom.domain.record import JobFilter


async def show(call: Call) -> web.StreamResponse:
    active = await call.services.jobs.queue(call.principal)
    running = [shapes.queue_item(detail) for detail in active.running]
    return await long_json(
        lambda pending: {
            "queue_running": running,
            "queue_pending": [shapes.queue_item(detail) for detail in pending],
        },
        active.pending,
    )


async def change(call: Call) -> web.StreamResponse:
    """Take waiting jobs out of the queue; running ones are not touched."""
    body = await read_object(call.request)
    if body.get("clear"):
        await call.services.jobs.cancel_waiting(call.principal)
    wanted = job_ids(body.get("delete"))
    if wanted:
        await call.services.jobs.cancel_waiting(call.principal, wanted)
    return empty()


async def interrupt(call: Call) -> web.StreamResponse:
    """Stop the job that is named, if it runs; without a name the one that began first."""
    named = (await _optional_object(call)).get("prompt_id")
    running = JobFilter(states=frozenset({JobState.RUNNING}))
    page = await call.services.jobs.page(call.principal, running, descending=False)
    chosen = [job for job in page.jobs if not named or job.id == named]
    if chosen:
        first = min(chosen, key=lambda job: job.started_at or 0)
        await call.services.jobs.cancel(call.principal, first.id)
    return empty()


async def free(call: Call) -> web.StreamResponse:
    body = await read_object(call.request)
    await call.services.workers.free(
        unload_models=bool(body.get("unload_models")), free_memory=bool(body.get("free_memory"))
    )
    return empty()


async def _optional_object(call: Call) -> JsonObject:
    """The body, or nothing where it is missing or cannot be read."""
    raw = await read_bytes(call.request)
    try:
        value = parse_json(raw)
    except AppError:
        return {}
    if not isinstance(value, dict):
        raise AppError(ErrorCode.BAD_REQUEST, "The request body must be a JSON object.")
    return value
