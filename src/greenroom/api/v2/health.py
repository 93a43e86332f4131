"""GET /health: whether jobs are taken and run."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.worker import WorkerStatus


async def show(call: Call) -> web.StreamResponse:
    """For everybody, without a key."""
    up = sum(worker.status is WorkerStatus.UP for worker in call.services.workers.all())
    return json_response({"status": "ok", "workers_up": up})
