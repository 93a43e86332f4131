"""Keeps the engine's health current, also while nothing runs."""

import asyncio
import contextlib

from greenroom.engine.comfyui import canary
from greenroom.engine.comfyui.http import ComfyHttp, Refused, Unreachable
from greenroom.engine.comfyui.liveness import HealthStatus, Liveness
from greenroom.engine.comfyui.timing import Timing


class Monitor:
    """Asks for a sign of life every so often; after trouble, a trial run must succeed first."""

    def __init__(
        self, http: ComfyHttp, liveness: Liveness, client_id: str, timing: Timing, *, trial: bool
    ) -> None:
        self._http = http
        self._liveness = liveness
        self._client_id = client_id
        self._timing = timing
        self._trial = trial
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="comfyui-monitor")

    async def stop(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def hurry(self) -> None:
        """Something happened: ask now."""
        self._due.set()

    async def _watch(self) -> None:
        while True:
            self._due.clear()
            await self._check()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.idle_poll):
                    await self._due.wait()

    async def _check(self) -> None:
        try:
            look = await self._http.queue()
            if not self._liveness.may_recover(look):
                return
            idle = not look.running and not look.pending
            if self._trial and idle and not await self._trial_run():
                return
        except (Unreachable, Refused) as trouble:
            self._liveness.down(str(trouble))
            return
        self._liveness.up()

    async def _trial_run(self) -> bool:
        if await canary.sings(self._http, self._client_id, self._timing):
            return True
        if self._liveness.health.status is not HealthStatus.STALLED:
            self._liveness.stalled("a trial run was not taken up", frozenset())
        return False
