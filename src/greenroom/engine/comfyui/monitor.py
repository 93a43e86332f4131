"""Keeps the engine's health current, also while nothing runs."""

import asyncio
import contextlib
from collections.abc import Callable

from greenroom.engine.comfyui import canary, probe
from greenroom.engine.comfyui.http import ComfyHttp, QueueLook, Refused, Unreachable
from greenroom.engine.comfyui.liveness import Liveness
from greenroom.engine.comfyui.timing import Timing


class Monitor:
    """Asks for a sign of life every so often; after trouble, a trial run must succeed first."""

    def __init__(
        self,
        http: ComfyHttp,
        liveness: Liveness,
        client_id: str,
        timing: Timing,
        *,
        followed: Callable[[frozenset[str]], bool],
        trial: bool,
    ) -> None:
        """`followed`: whether one of the prompts is followed in this process."""
        self._http = http
        self._liveness = liveness
        self._client_id = client_id
        self._timing = timing
        self._followed = followed
        self._trial = trial
        self._suspect: frozenset[str] = frozenset()
        self._suspected_at = 0.0
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
            if not await self._runs_prompts(look):
                return
        except (Unreachable, Refused) as trouble:
            self._liveness.down(str(trouble))
            return
        self._liveness.up()

    async def _runs_prompts(self, look: QueueLook) -> bool:
        if not look.running and not look.pending:
            return not self._trial or await self._trial_run()
        return await self._gets_on_with(look)

    async def _gets_on_with(self, look: QueueLook) -> bool:
        """A run that an earlier Greenroom left behind may be what killed the prompt thread."""
        client_id = probe.left_behind(look)
        if client_id is None or self._followed(look.running):
            return True
        now = asyncio.get_running_loop().time()
        if look.running != self._suspect:
            self._suspect, self._suspected_at = look.running, now
        if await probe.inside_a_node(self._http, client_id, self._timing):
            return True
        if now - self._suspected_at >= self._timing.start_limit:
            reason = "a run left over from before is stuck; the prompt thread is dead"
            self._liveness.stalled(reason, look.running)
        return False

    async def _trial_run(self) -> bool:
        if await canary.sings(self._http, self._client_id, self._timing):
            return True
        if not self._liveness.is_stalled:
            self._liveness.stalled("a trial run was not taken up", frozenset())
        return False
