"""List, add, pause, resume, drain, refresh and remove workers."""

from collections.abc import Mapping

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.wire import empty, json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject
from greenroom.domain.worker import Worker, WorkerOrder, parse_labels


async def show(call: Call) -> web.StreamResponse:
    return json_response(
        {"workers": [_view(call, worker) for worker in call.services.workers.all()]}
    )


async def show_one(call: Call) -> web.StreamResponse:
    return json_response(_view(call, call.services.workers.get(_id(call))))


async def add(call: Call) -> web.StreamResponse:
    """The body is {"url": ...}, and maybe `labels`; the ComfyUI there need not be up.

    CONFLICT when it is known.
    """
    body = await read_object(call.request)
    url, labels = body.get("url"), body.get("labels", {})
    if not isinstance(url, str) or not url:
        raise AppError(ErrorCode.BAD_REQUEST, "`url` is the address of a ComfyUI")
    if not isinstance(labels, Mapping):
        raise AppError(ErrorCode.BAD_REQUEST, "`labels` is an object: name -> value")
    checked = parse_labels(f"{name}={value}" for name, value in labels.items())
    return json_response(_view(call, await call.services.workers.add(url, checked)), 201)


async def remove(call: Call) -> web.StreamResponse:
    """What the worker runs is stopped there and waits for another worker."""
    await call.services.workers.remove(_id(call))
    return empty(204)


async def pause(call: Call) -> web.StreamResponse:
    return await _order(call, WorkerOrder.PAUSE)


async def resume(call: Call) -> web.StreamResponse:
    """Also puts a worker to work again that was kept out of service after a fault."""
    return await _order(call, WorkerOrder.WORK)


async def drain(call: Call) -> web.StreamResponse:
    return await _order(call, WorkerOrder.DRAIN)


async def refresh(call: Call) -> web.StreamResponse:
    """Ask the engine anew which nodes and models it has."""
    call.services.workers.controls(_id(call)).refresh()
    return json_response(_view(call, call.services.workers.get(_id(call))))


def _view(call: Call, worker: Worker) -> JsonObject:
    """A worker on the wire; times are milliseconds since the Unix epoch.

    Where it stands and which jobs it runs is told to the operator only.
    """
    all_told = call.principal.is_operator
    restarts = call.services.workers.restarts(worker.id)
    elsewhere = call.services.stations.elsewhere(worker.id)
    return {
        "id": worker.id,
        "kind": worker.kind,
        "url": worker.url if all_told else None,
        "status": worker.status.value,
        "reason": worker.reason,
        "jobs": list(worker.jobs) if all_told else [],
        "labels": dict(worker.labels),
        "added": worker.added,
        "last_seen_at": worker.last_seen_at,
        "remote": elsewhere is not None,
        "address": elsewhere.address if elsewhere is not None and all_told else None,
        "latency_ms": None if elsewhere is None else elsewhere.latency_ms,
        "restarts": None if restarts is None else restarts.count,
        "restart_reason": None if restarts is None else restarts.last_reason,
    }


async def _order(call: Call, order: WorkerOrder) -> web.StreamResponse:
    return json_response(_view(call, await call.services.workers.order(_id(call), order)))


def _id(call: Call) -> WorkerId:
    return WorkerId(call.part("id"))
