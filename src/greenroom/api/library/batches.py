"""Batches: run a sweep, see how far it is, stop the rest."""

from dataclasses import replace

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.library import shapes
from greenroom.api.webhook_fields import read_batch_webhook
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.submission import parse_submission
from greenroom.domain.workflow.sweep import Axis, SweepMode, parse_axis, sweep_jobs, sweep_of


async def submit(call: Call) -> web.StreamResponse:
    """The body of POST /prompt with `sweep`, ["NODE.INPUT=VALUES", ...], and maybe `mode`.

    Its webhook is told of each job and of the whole, or with `"webhook_events": "batch"` of that
    alone.
    """
    body = await read_object(call.request)
    submission = replace(parse_submission(body), webhook=await read_batch_webhook(call, body))
    points = sweep_jobs(_axes(body, submission.prompt), _mode(body.get("mode")))
    swept = await call.services.sweeps.submit(call.principal, submission, points)
    jobs = [shapes.batch_job(member) for member in swept.jobs]
    return json_response({"batch_id": swept.id, "jobs": jobs}, 201)


async def show(call: Call) -> web.StreamResponse:
    batch = await call.services.sweeps.get(call.principal, call.part("id"))
    return json_response(shapes.batch_state(batch))


async def jobs(call: Call) -> web.StreamResponse:
    members = await call.services.sweeps.members(call.principal, call.part("id"))
    return json_response({"jobs": [shapes.batch_job(member) for member in members]})


async def cancel(call: Call) -> web.StreamResponse:
    stopped = await call.services.sweeps.cancel(call.principal, call.part("id"))
    return json_response({"cancelled": stopped})


def _axes(body: JsonObject, prompt: JsonValue) -> list[Axis]:
    sweep = body.get("sweep")
    if not isinstance(sweep, list):
        return sweep_of(sweep)
    if not sweep:
        raise AppError(ErrorCode.BAD_REQUEST, "the sweep names no input")
    return [parse_axis(str(text), prompt) for text in sweep]


def _mode(value: JsonValue) -> SweepMode:
    if value is None:
        return SweepMode.GRID
    if value not in set(SweepMode):
        raise AppError(ErrorCode.BAD_REQUEST, f"'mode' is one of {', '.join(SweepMode)}")
    return SweepMode(str(value))
