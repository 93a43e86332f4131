"""How the machine is."""

import asyncio

import psutil
from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.json import JsonValue


async def health(_call: Call) -> web.StreamResponse:
    return json_response({"status": "ok"})


async def telemetry(_call: Call) -> web.StreamResponse:
    """Load of the machine the server runs on; what its workers' GPUs do is not known here."""
    return json_response(await asyncio.to_thread(_measured))


def _measured() -> dict[str, JsonValue]:
    memory, disk = psutil.virtual_memory(), psutil.disk_usage("/")
    return {
        "gpu": None,
        "cpu_percent": psutil.cpu_percent(),
        "ram_total": memory.total,
        "ram_used": memory.total - memory.available,
        "ram_percent": memory.percent,
        "disk_total": disk.total,
        "disk_used": disk.used,
        "disk_percent": disk.percent,
    }
