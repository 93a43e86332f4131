"""Jobs: the queue, the history, delete, retry."""

from collections.abc import Sequence

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.studio import shapes
from greenroom.api.studio.statuses import finished_states
from greenroom.api.webhook_fields import read_rerun_webhook
from greenroom.api.wire import json_response
from greenroom.domain.browse import JobSearch
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonValue
from greenroom.domain.recipe import JobRecord

_USUAL_PAGE, _LONGEST_PAGE = 200, 1000
_LONGEST_QUEUE = 10_000


async def queue(call: Call) -> web.StreamResponse:
    """What runs, then what waits in its order, each with its progress."""
    active = await call.services.records.active(call.principal, _LONGEST_QUEUE)
    return json_response(await _with_progress(call, [*active.running, *active.waiting]))


async def history(call: Call) -> web.StreamResponse:
    """Finished jobs, the newest first: `limit`, `before` (an id), `status`, `workflow_id`, `q`."""
    search = JobSearch(
        states=finished_states(call.query("status")),
        workflow_id=call.query("workflow_id"),
        text=call.query("q"),
    )
    before = call.query("before")
    found = await call.services.records.page(
        call.principal, search, JobId(before) if before else None, _limit(call.query("limit"))
    )
    return json_response([shapes.record(one) for one in found])


async def one(call: Call) -> web.StreamResponse:
    """The record of any job, with its progress while it waits or runs. NOT_FOUND."""
    found = await call.services.records.get(call.principal, JobId(call.part("prompt_id")))
    if found.job.finished_at is None:
        return json_response((await _with_progress(call, [found]))[0])
    return json_response(shapes.record(found))


async def delete(call: Call) -> web.StreamResponse:
    """Records and their own folders; jobs that run or wait are stopped first."""
    wanted = _ids((await read_object(call.request)).get("prompt_ids"))
    return json_response({"deleted": await call.services.records.delete(call.principal, wanted)})


async def retry(call: Call) -> web.StreamResponse:
    """The job once more, with its parameters, seeds, files and webhook. BAD_REQUEST, NOT_FOUND.

    It may name another `webhook_url`, or an empty one for none.
    """
    body = await read_object(call.request)
    job_id = body.get("prompt_id")
    if not isinstance(job_id, str) or not job_id:
        raise AppError(ErrorCode.BAD_REQUEST, "prompt_id required")
    webhook = await read_rerun_webhook(call, body)
    started = await call.services.runner.retry(call.principal, JobId(job_id), webhook)
    call.services.event_log.wake()
    return json_response({"prompt_id": started.job.id, "retry_of": job_id})


async def _with_progress(call: Call, found: Sequence[JobRecord]) -> list[dict[str, JsonValue]]:
    outlooks = await call.services.scheduler.outlooks([one.job for one in found])
    now = call.services.clock.now()
    told = []
    for one in found:
        live = call.services.watch.live(one.job.id)
        snapshot = live.progress if live is not None else None
        told.append(shapes.active(one, snapshot, outlooks[one.job.id], now))
    return told


def _ids(value: JsonValue) -> Sequence[JobId]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return [JobId(one) for one in value if isinstance(one, str)]


def _limit(text: str | None) -> int:
    if text is None:
        return _USUAL_PAGE
    if not text.isdecimal() or not 0 < int(text[:9]) <= _LONGEST_PAGE:
        raise AppError(ErrorCode.BAD_REQUEST, f"limit is a number from 1 to {_LONGEST_PAGE}")
    return int(text)
