"""The workers: how they are; pause, resume, drain, add, remove."""

import msgspec
from aiohttp import web

from greenroom.api.console import bodies
from greenroom.api.console.devices import Devices
from greenroom.api.console.shapes import Changed, WorkerAddress, WorkerOrder, Workers, WorkerView
from greenroom.api.console.stream import Stream
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.ids import WorkerId
from greenroom.domain.principal import Principal
from greenroom.domain.worker import Worker
from greenroom.domain.worker import WorkerOrder as Order
from greenroom.service.services import Services

_ORDERS = {"pause": Order.PAUSE, "resume": Order.WORK, "drain": Order.DRAIN}


class WorkersApi:
    def __init__(self, services: Services, stream: Stream) -> None:
        self._services = services
        self._stream = stream
        self._devices = Devices(services)

    async def show(self, call: Call) -> web.StreamResponse:
        return json_response(Workers(await self.views(call.principal)))

    async def views(self, principal: Principal) -> list[WorkerView]:
        """Where a worker stands and which jobs it runs is told to the operator only."""
        await self._devices.look()
        views = [self._view(worker) for worker in self._services.workers.all()]
        if principal.is_operator:
            return views
        return [msgspec.structs.replace(one, url=None, address=None, jobs=[]) for one in views]

    def _view(self, worker: Worker) -> WorkerView:
        warm = self._services.scheduler.warm(worker.id)
        restarts = self._services.workers.restarts(worker.id)
        elsewhere = self._services.stations.elsewhere(worker.id)
        return WorkerView(
            id=worker.id,
            kind=worker.kind,
            url=worker.url,
            status=worker.status.value,
            reason=worker.reason,
            last_seen_at=worker.last_seen_at,
            jobs=list(worker.jobs),
            labels=dict(worker.labels),
            added=worker.added,
            warm=sorted(file.name for file in warm),
            devices=self._devices.of(worker.id),
            restarts=None if restarts is None else restarts.count,
            restart_reason=None if restarts is None else restarts.last_reason,
            remote=elsewhere is not None,
            address=None if elsewhere is None else elsewhere.address,
            latency_ms=None if elsewhere is None else elsewhere.latency_ms,
        )

    async def order(self, call: Call) -> web.StreamResponse:
        """Pause, resume or drain one worker or all. NOT_FOUND."""
        order = await bodies.read(call, WorkerOrder)
        known = [worker.id for worker in call.services.workers.all()]
        chosen = known if order.worker is None else [WorkerId(order.worker)]
        for worker in chosen:
            await call.services.workers.order(worker, _ORDERS[order.action])
        return self._changed(call, list(chosen))

    async def add(self, call: Call) -> web.StreamResponse:
        """One more, on a ComfyUI that need not be up yet. BAD_REQUEST, CONFLICT."""
        address = await bodies.read(call, WorkerAddress)
        worker = await call.services.workers.add(address.url)
        return self._changed(call, [worker.id])

    async def remove(self, call: Call) -> web.StreamResponse:
        """What it runs is stopped there and waits for another worker. NOT_FOUND."""
        worker = WorkerId(call.part("worker_id"))
        await call.services.workers.remove(worker)
        return self._changed(call, [worker])

    def _changed(self, call: Call, ids: list[WorkerId]) -> web.Response:
        self._stream.reordered(call.principal.tenant)
        return json_response(Changed(list(ids)))
