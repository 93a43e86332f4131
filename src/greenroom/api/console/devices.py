"""What the workers compute on, asked now and then and never waited for."""

import asyncio
from collections.abc import Mapping

from greenroom.api.console.shapes import Device
from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.machine import Machine
from greenroom.service.services import Services

_FRESH_MS = 4_000


class Devices:
    """A page shows what was known a moment ago; a silent worker must not hold it up."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: Mapping[WorkerId, Machine] = {}
        self._asked_at = 0
        self._asking: asyncio.Task[None] | None = None

    def of(self, worker: WorkerId) -> list[Device]:
        machine = self._known.get(worker)
        return [] if machine is None else [_device(one) for one in machine.devices]

    async def look(self) -> None:
        """Ask anew when that was long ago; only the first time is waited for."""
        now = self._services.clock.now()
        busy = self._asking is not None and not self._asking.done()
        if busy or now - self._asked_at < _FRESH_MS:
            return
        first = self._asking is None
        self._asked_at = now
        self._asking = asyncio.create_task(self._ask())
        if first:
            await self._asking

    async def _ask(self) -> None:
        self._known = await self._services.workers.machines()


def _device(told: JsonObject) -> Device:
    total = told.get("vram_total")
    return Device(
        name=str(told.get("name") or told.get("type") or "device"),
        memory_total=_bytes(total),
        memory_free=_bytes(told.get("vram_free")),
    )


def _bytes(value: JsonValue) -> int | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return round(value) if known and isinstance(value, int | float) else None
