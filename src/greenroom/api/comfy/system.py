"""/system_stats and the small listings that the frontend asks for when it starts."""

import platform
import sys

import psutil
from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject
from greenroom.domain.machine import Machine

COMFYUI_VERSION = "0.33.0"
"""The ComfyUI whose API this is; clients decide by it what they may ask."""

_MEMORY = ("vram_total", "vram_free", "torch_vram_total", "torch_vram_free")


async def stats(call: Call) -> web.StreamResponse:
    memory = psutil.virtual_memory()
    machines = await call.services.workers.machines()
    devices = [device for worker, machine in machines.items() for device in _of(worker, machine)]
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
            "devices": [{**device, "index": index} for index, device in enumerate(devices)],
        }
    )


async def subgraphs(call: Call) -> web.StreamResponse:
    return json_response(await call.services.listings.subgraphs())


async def subgraph(call: Call) -> web.StreamResponse:
    """One subgraph with its data, null when no worker has it."""
    return json_response(await call.services.listings.subgraph(call.part("id")))


async def node_replacements(call: Call) -> web.StreamResponse:
    return json_response(await call.services.listings.node_replacements())


async def translations(call: Call) -> web.StreamResponse:
    return json_response(await call.services.listings.translations())


async def assets_disabled(_call: Call) -> web.StreamResponse:
    """The answer of a ComfyUI that runs without its asset store."""
    message = (
        "Assets system is disabled. Start the server with --enable-assets to use this feature."
    )
    error = {"code": "SERVICE_DISABLED", "message": message, "details": {}}
    return json_response({"error": error}, 503)


def _of(worker: WorkerId, machine: Machine) -> list[JsonObject]:
    """A worker's devices under its name; one without any stands in the place of a device."""
    if not machine.devices:
        return [{"name": worker, "type": "cpu", **dict.fromkeys(_MEMORY, 0)}]
    return [{**device, "name": f"{worker} {device.get('name', '')}"} for device in machine.devices]
