"""Jobs: submit, look, cancel."""

from dataclasses import replace

import msgspec
from aiohttp import web

from greenroom.api.bodies import read_bytes
from greenroom.api.context import Call
from greenroom.api.v2 import shapes
from greenroom.api.v2.order import read_order
from greenroom.api.webhook_fields import read_webhook
from greenroom.api.wire import json_response
from greenroom.domain.ids import JobId


async def submit(call: Call) -> web.StreamResponse:
    submission, workflow = read_order(await read_bytes(call.request))
    submission = replace(submission, webhook=await read_webhook(call, {}))
    key = call.request.headers.get("Idempotency-Key") or None
    view = await call.services.submit.submit_and_view(call.principal, submission, workflow, key)
    return json_response(shapes.job(call, view), 201)


async def show(call: Call) -> web.StreamResponse:
    view = await call.services.job_views.get(call.principal, JobId(call.part("id")))
    return json_response(shapes.job(call, view))


async def workflow(call: Call) -> web.StreamResponse:
    """The graph that ran or will run."""
    view = await call.services.job_views.get(call.principal, JobId(call.part("id")))
    graph = msgspec.Raw(view.detail.payload.to_run)
    return json_response({"workflow": graph, "format": "api"})


async def cancel(call: Call) -> web.StreamResponse:
    """The job as it is after the request; a finished one stays as it is."""
    job_id = JobId(call.part("id"))
    await call.services.jobs.cancel(call.principal, job_id)
    return await show(call)
