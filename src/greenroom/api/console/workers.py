"""The workers: how they are, and pause, resume, drain."""

from aiohttp import web

from greenroom.api.console import bodies
from greenroom.api.console.shapes import Changed, WorkerOrder, Workers, WorkerView
from greenroom.api.console.stream import Stream
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.ids import WorkerId
from greenroom.domain.worker import WorkerOrder as Order

_ORDERS = {"pause": Order.PAUSE, "resume": Order.WORK, "drain": Order.DRAIN}


class WorkersApi:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def order(self, call: Call) -> web.StreamResponse:
        """Pause, resume or drain one worker or all. NOT_FOUND."""
        order = await bodies.read(call, WorkerOrder)
        known = [worker.id for worker in call.services.workers.all()]
        chosen = known if order.worker is None else [WorkerId(order.worker)]
        for worker in chosen:
            await call.services.workers.order(worker, _ORDERS[order.action])
        self._stream.reordered(call.principal.tenant)
        return json_response(Changed(list(chosen)))


async def show(call: Call) -> web.StreamResponse:
    return json_response(Workers(views(call)))


def views(call: Call) -> list[WorkerView]:
    return [
        WorkerView(
            id=worker.id,
            kind=worker.kind,
            url=worker.url,
            status=worker.status.value,
            reason=worker.reason,
            last_seen_at=worker.last_seen_at,
            jobs=list(worker.jobs),
            labels=dict(worker.labels),
        )
        for worker in call.services.workers.all()
    ]
