"""/healthz, /readyz and /metrics: what supervisors and operators ask."""

import asyncio

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.error_status import status_of
from greenroom.api.routes import Dialect, Route
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError
from greenroom.domain.ids import JobId
from greenroom.domain.worker import WorkerStatus
from greenroom.telemetry.metrics import CONTENT_TYPE

_NO_JOB = JobId("00000000-0000-0000-0000-000000000000")


async def healthz(_call: Call) -> web.StreamResponse:
    """The process answers."""
    return json_response({"status": "ok"})


async def readyz(call: Call) -> web.StreamResponse:
    """Jobs are accepted: the database answers. Says how many workers are up; none is no error."""
    await call.services.jobs.get(call.principal, _NO_JOB)
    up = sum(worker.status is WorkerStatus.UP for worker in call.services.workers.all())
    return json_response({"status": "ready", "workers_up": up})


async def show_metrics(call: Call) -> web.StreamResponse:
    """For Prometheus: the caller's jobs and deployments, and all workers."""
    reading = await call.services.metrics.reading(call.principal)
    text = await asyncio.to_thread(reading.text)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


def refusal(error: AppError) -> web.Response:
    body = {"code": error.code, "reason": error.message}
    return json_response(body, status_of(error.code))


def errors(error: AppError) -> web.Response:
    return json_response(
        {"status": "unavailable", "code": error.code, "reason": error.message}, 503
    )


OPS = Dialect(
    name="ops",
    routes=(
        Route("GET", "/healthz", healthz, public=True),
        Route("GET", "/readyz", readyz, public=True),
        Route("GET", "/metrics", show_metrics, errors=refusal),
    ),
    errors=errors,
)
