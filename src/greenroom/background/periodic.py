"""Run a tick again and again, with jitter, whatever one tick does."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)


class Periodic:
    """Start, stop (idempotent, waits) and a tick about every `interval` seconds."""

    def __init__(self, name: str, interval: float, tick: Callable[[], Awaitable[object]]) -> None:
        self._name = name
        self._interval = interval
        self._tick = tick
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._tick()
            except Exception:  # noqa: BLE001 - whatever one tick does, the next one comes
                _log.exception("%s: one tick failed; the next comes", self._name)
            # Jitter keeps a fleet from ticking together.
            await asyncio.sleep(self._interval * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
