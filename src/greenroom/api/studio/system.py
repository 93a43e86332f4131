"""How the machine is, and what of the server can be set."""

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.service.machine_load import Gpu


async def health(_call: Call) -> web.StreamResponse:
    return json_response({"status": "ok"})


async def telemetry(call: Call) -> web.StreamResponse:
    """`gpu` is the first worker's first; ComfyUI tells neither its load nor its temperature."""
    load = await call.services.machine_loads.now()
    gpus = [_gpu(gpu) for gpu in load.gpus]
    return json_response(
        {
            "gpu": gpus[0] if gpus else None,
            "gpus": gpus,
            "cpu_percent": load.cpu_percent,
            "ram_total": load.ram_total,
            "ram_used": load.ram_used,
            "ram_percent": _percent(load.ram_used, load.ram_total),
            "disk_total": load.disk_total,
            "disk_used": load.disk_used,
            "disk_percent": _percent(load.disk_used, load.disk_total),
        }
    )


async def settings(call: Call) -> web.StreamResponse:
    return json_response({"max_concurrent": call.services.running_limits.get(call.principal)})


async def change_settings(call: Call) -> web.StreamResponse:
    """Only `max_concurrent`, a number or null. BAD_REQUEST for anything else."""
    body = await read_object(call.request)
    if unknown := sorted(set(body) - {"max_concurrent"}):
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no setting {', '.join(unknown)}.")
    most = body.get("max_concurrent")
    if "max_concurrent" in body:
        if most is not None and (isinstance(most, bool) or not isinstance(most, int)):
            raise AppError(ErrorCode.BAD_REQUEST, "'max_concurrent' must be a whole number.")
        await call.services.running_limits.put(call.principal, most)
    return await settings(call)


def _gpu(gpu: Gpu) -> JsonObject:
    return {
        "name": gpu.name,
        "worker": gpu.worker,
        "vram_total": gpu.vram_total,
        "vram_used": gpu.vram_used,
        "vram_percent": _percent(gpu.vram_used, gpu.vram_total),
        "util_percent": None,
        "temp_c": None,
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
