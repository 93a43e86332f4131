"""/system_stats and the small listings that the frontend asks for when it starts."""

import platform
import sys
from typing import Any

import psutil
from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.worker import Worker, WorkerStatus

COMFYUI_VERSION = "0.33.0"
"""The ComfyUI whose API this is; clients decide by it what they may ask."""

_GONE = frozenset({WorkerStatus.DOWN, WorkerStatus.STARTING})


async def stats(call: Call) -> web.StreamResponse:
    memory = psutil.virtual_memory()
    live = [worker for worker in call.services.workers.all() if worker.status not in _GONE]
    return json_response(
        {
            "system": {
                "os": sys.platform,
                "ram_total": memory.total,
                "ram_free": memory.available,
                "comfyui_version": COMFYUI_VERSION,
                "required_frontend_version": None,
                "installed_templates_version": None,
                "required_templates_version": None,
                "python_version": platform.python_version(),
                "pytorch_version": "",
                "embedded_python": False,
                "argv": [],
            },
            "devices": [_device(index, worker) for index, worker in enumerate(live)],
        }
    )


async def nothing(_call: Call) -> web.StreamResponse:
    """An empty object: templates, translations and replacements come with the workers' nodes."""
    return json_response({})


async def none(_call: Call) -> web.StreamResponse:
    return json_response(None)


async def extensions(_call: Call) -> web.StreamResponse:
    """Scripts for the frontend; none are served, since they would run in the page."""
    return json_response([])


async def assets_disabled(_call: Call) -> web.StreamResponse:
    """The answer of a ComfyUI that runs without its asset store."""
    message = (
        "Assets system is disabled. Start the server with --enable-assets to use this feature."
    )
    error = {"code": "SERVICE_DISABLED", "message": message, "details": {}}
    return json_response({"error": error}, 503)


def _device(index: int, worker: Worker) -> dict[str, Any]:
    """A worker in the place of a graphics card; what memory it has is not known here."""
    return {
        "name": worker.id,
        "type": worker.kind,
        "index": index,
        "vram_total": 0,
        "vram_free": 0,
        "torch_vram_total": 0,
        "torch_vram_free": 0,
    }
