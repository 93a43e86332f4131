"""Follows one run to its end: the socket says when to look, queue and history say what is true."""

import asyncio
import contextlib
import logging
from collections import deque

from greenroom.domain.failure import Failure
from greenroom.domain.json import JsonObject
from greenroom.domain.run import Preview, PreviewFormat, RunEvent
from greenroom.engine.base import EngineError, Interrupted, Run, RunResult, Sink
from greenroom.engine.comfyui import failures, history
from greenroom.engine.comfyui.fold import RunFold
from greenroom.engine.comfyui.http import ComfyHttp, HistoryEntry, Refused, Unreachable
from greenroom.engine.comfyui.liveness import Liveness
from greenroom.engine.comfyui.messages import Message
from greenroom.engine.comfyui.reconcile import Place, Sighting, locate
from greenroom.engine.comfyui.socket import Socket
from greenroom.engine.comfyui.stop import Stopper
from greenroom.engine.comfyui.timing import Timing
from greenroom.engine.comfyui.vigil import Vigil

_log = logging.getLogger(__name__)

_BACKLOG = 64
"""A sink that is this far behind gets no more previews of work in progress."""


class Follow:
    """One run that ComfyUI has, or is about to get, under `prompt_id`."""

    def __init__(
        self,
        run: Run,
        prompt_id: str,
        *,
        http: ComfyHttp,
        socket: Socket,
        liveness: Liveness,
        stopper: Stopper,
        timing: Timing,
    ) -> None:
        self.run = run
        self.prompt_id = prompt_id
        self.inherited = False
        """Whether it is an earlier attempt's run that is followed."""
        self.fold = RunFold()
        self.running = False
        """Whether ComfyUI's queue said so, last."""
        self.stop_asked = False
        self._stop_asked_at = 0.0
        self._http = http
        self._socket = socket
        self._liveness = liveness
        self._stopper = stopper
        self._blind_stops = stopper.blind_stops
        self._timing = timing
        self._vigil = Vigil(self.fold, timing)
        self._backlog: deque[RunEvent] = deque()
        self._wake = asyncio.Event()
        self._look_now = False
        self._next_look = 0.0
        self._unreachable_since: float | None = None
        self._breaks = socket.breaks
        self._ends_heard = 0
        self._asking: asyncio.Task[HistoryEntry | None] | None = None

    def hear(self, message: Message) -> None:
        """A message of this run. Never waits."""
        self._vigil.heard(_now())
        for event in self.fold.fold(message):
            if not self._dispensable(event):
                self._backlog.append(event)
        self._look_now = self._look_now or self.fold.over
        if self.fold.over:
            self._ends_heard += 1
            if self._asking is None:
                # The last outputs may take a while yet.
                self._asking = asyncio.create_task(self._ask())
        if self._backlog or self._look_now:
            self._wake.set()

    def nudge(self) -> None:
        """The connection changed: look at once."""
        self._look_now = True
        self._wake.set()

    async def stop(self) -> None:
        """Take the run out of ComfyUI, now and at every look until it is gone."""
        if not self.stop_asked:
            self.stop_asked, self._stop_asked_at = True, _now()
        try:
            await self._stopper.stop(self.prompt_id)
        except (Unreachable, Refused) as trouble:
            _log.warning("stop of %s is tried again: %s", self.prompt_id, trouble)
        self.nudge()

    async def to_the_end(self, sink: Sink) -> HistoryEntry:
        """Pass on what happens until the run is over; the entry says how it ended."""
        self._next_look = _now() + self._timing.poll
        self._look_now = self._look_now or self.stop_asked
        try:
            entry = await self._wait_for_end(sink)
        finally:
            if self._asking is not None:
                self._asking.cancel()
        await self._linger(sink)
        return entry

    async def _wait_for_end(self, sink: Sink) -> HistoryEntry:
        while True:
            await self._deliver(sink)
            if self._look_now or _now() >= self._next_look:
                entry = await self._look()
                if entry is not None:
                    return entry
            await self._pause()

    async def finish(self, entry: HistoryEntry, sink: Sink) -> RunResult:
        """Tell the rest of the story as the history has it, and how it ended."""
        await self._deliver(sink)
        cached = history.cached_nodes(entry)
        for event in self.fold.complete(history.shown_outputs(entry), cached):
            await sink(event)
        match history.ending(entry, self.run.outputs):
            case history.Succeeded(result):
                return result
            case history.Failed(failure):
                raise EngineError(failure)
            case history.Stopped(comfy):
                raise self._stopped(comfy)

    def _stopped(self, comfy: JsonObject) -> Exception:
        if self.stop_asked:
            return Interrupted(comfy)
        if self.inherited:
            return EngineError(failures.lost("the earlier attempt was stopped"))
        if self._stopper.blind_stops != self._blind_stops:
            return EngineError(failures.lost("stopped by mistake: this ComfyUI cannot stop by id"))
        return Interrupted(comfy)

    async def _pause(self) -> None:
        if self._look_now or self._backlog:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._next_look):
                await self._wake.wait()

    async def _linger(self, sink: Sink) -> None:
        """The history was quicker than the socket: hear the rest, if it is on its way."""
        deadline = _now() + self._timing.linger
        while not self.fold.over and self._socket.breaks == self._breaks:
            if not self.fold.begun or _now() >= deadline:
                # ComfyUI has forgotten this socket: only a new one hears of the next run.
                await self._socket.recycle()
                return
            await self._deliver(sink)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await self._wake.wait()

    async def _deliver(self, sink: Sink) -> None:
        self._wake.clear()
        while self._backlog:
            await sink(self._backlog.popleft())

    async def _look(self) -> HistoryEntry | None:
        """The run's history entry once it is over; raises when the run is lost or stalled."""
        self._look_now = False
        try:
            asking, self._asking = self._asking, None
            if asking is not None and (entry := await asking):
                return entry
            sighting = await locate(self._http, self.prompt_id)
        except (Unreachable, Refused) as trouble:
            self._out_of_reach(str(trouble))
            return None
        self._unreachable_since = None
        self._next_look = _now() + self._timing.poll
        self.running = sighting.place is Place.RUNNING
        if sighting.place is Place.UNKNOWN:
            raise self._vanished()
        if sighting.place is not Place.DONE:
            await self._keep_vigil(sighting)
        return sighting.entry

    async def _ask(self) -> HistoryEntry | None:
        """The history has the run a moment after the first message says that it is over."""
        heard, entry = 0, None
        with contextlib.suppress(Unreachable, Refused):
            while entry is None and heard < self._ends_heard:
                heard = self._ends_heard
                entry = await self._http.history(self.prompt_id)
        return entry

    async def _keep_vigil(self, sighting: Sighting) -> None:
        if self.stop_asked:
            # The stop may have come before the run was in ComfyUI's queue.
            with contextlib.suppress(Unreachable, Refused):
                await self._stopper.stop(self.prompt_id)
        if self._vigil.wants_probe(sighting, _now()):
            await self._socket.recycle()
        client_id = sighting.queue.client_of(self.prompt_id)
        audible = self._socket.greeted and client_id == self._socket.client_id
        failure = self._vigil.verdict(sighting, _now(), audible=audible)
        if sighting.place is Place.PENDING and self._liveness.is_stalled:
            failure = failures.stalled(self._liveness.health.reason)
        if self.stop_asked and _now() - self._stop_asked_at >= self._timing.stop_limit:
            reason = f"the node does not stop, {self._timing.stop_limit:g} s after it was told to"
            failure = failures.stalled(reason, self.fold.current)
        if failure is not None:
            raise await self._give_up(failure, sighting)

    async def _give_up(self, failure: Failure, sighting: Sighting) -> EngineError:
        """Should ComfyUI come round, it must not run what was started elsewhere meanwhile."""
        self._liveness.stalled(failure.message, sighting.queue.running)
        with contextlib.suppress(Unreachable, Refused):
            await self._stopper.stop(self.prompt_id)
        return EngineError(failure)

    def _out_of_reach(self, reason: str) -> None:
        now = _now()
        self._liveness.down(reason)
        if self._unreachable_since is None:
            self._unreachable_since = now
        gone = now - self._unreachable_since
        if gone >= self._timing.unreachable:
            raise EngineError(
                failures.lost(f"ComfyUI has been out of reach for {gone:.0f} s: {reason}")
            )
        self._next_look = now + min(self._timing.poll, max(self._timing.retry, gone / 2))

    def _vanished(self) -> Exception:
        if self.stop_asked:
            return Interrupted({"prompt_id": self.prompt_id, "executed": []})
        if self._socket.breaks == self._breaks:
            return EngineError(failures.lost("ComfyUI no longer knows the run: someone deleted it"))
        return EngineError(failures.lost("ComfyUI was restarted and no longer knows the run"))

    def _dispensable(self, event: RunEvent) -> bool:
        """Lossless previews are kept: some nodes deliver their result as such."""
        return (
            isinstance(event, Preview)
            and event.format is PreviewFormat.JPEG
            and len(self._backlog) >= _BACKLOG
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
