"""GET /jobs/{id}/events: one job's life as server-sent events, from now to its end.

Each frame's id says how many outputs were told so far, so that a client which comes back with
Last-Event-ID hears the ones that it missed. Plain clients ignore it.
"""

import asyncio
import base64
import contextlib
from collections.abc import Callable

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.v2 import shapes
from greenroom.api.v2.shared_views import SharedViews
from greenroom.api.v2.statuses import STATUSES
from greenroom.api.v2.watchers import Told, Watcher, Watchers
from greenroom.api.wire import encode
from greenroom.domain.errors import AppError
from greenroom.domain.ids import JobId
from greenroom.domain.job import TERMINAL_STATES, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.run import Preview
from greenroom.service.job_views import JobView

_PROGRESS_S = 0.5
_POSITION_S = 2.0
_KEEP_ALIVE_S = 15.0
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


class Events:
    def __init__(self, watchers: Watchers, views: SharedViews) -> None:
        self._watchers = watchers
        self._views = views

    async def open(self, call: Call) -> web.StreamResponse:
        """The snapshot, then what happens. NOT_FOUND, QUEUE_FULL."""
        job_id = JobId(call.part("id"))
        with self._watchers.watching(call.principal.tenant, job_id) as watcher:
            # The watcher listens already: nothing falls between the snapshot and the news.
            view = await self._views.get(call.principal, job_id)
            response = web.StreamResponse(headers=_HEADERS)
            await response.prepare(call.request)
            # A job that is deleted meanwhile has nothing more to tell.
            with contextlib.suppress(ConnectionError, AppError):
                await _Stream(call, response, watcher, self._views, view).run()
                # All who watch hear of the end before the first connection is tidied up.
                await asyncio.sleep(0)
        return response


class _Stream:
    """What one client was told already."""

    def __init__(
        self, call: Call, response: web.StreamResponse, watcher: Watcher,
        views: SharedViews, view: JobView,
    ) -> None:  # fmt: skip
        self._call = call
        self._views = views
        self._response = response
        self._watcher = watcher
        self._view = view
        self._position = view.position
        self._state = view.detail.job.state
        self._told = _resumed(call, len(view.outputs))
        self._quiet_until = 0.0
        self._frames: list[bytes] = []
        """What is to be sent in one piece."""

    async def run(self) -> None:
        self._begin()
        await self._flush()
        while self._state not in TERMINAL_STATES and not self._watcher.closed:
            queued = self._state is JobState.QUEUED
            quiet = self._quiet_until - asyncio.get_running_loop().time()
            try:
                await self._watcher.news(quiet, _POSITION_S if queued else _KEEP_ALIVE_S)
            except TimeoutError:
                await self._idle()
                continue
            await self._tell()
            await self._flush()

    def _begin(self) -> None:
        job = self._view.detail.job
        if job.state in TERMINAL_STATES:
            self._outputs()
            self._progress()
            self._status(job.state)
            return
        self._status(job.state)
        self._progress()
        self._outputs()
        self._preview()

    async def _tell(self) -> None:
        watcher = self._watcher
        states, watcher.states = watcher.states, []
        ended = any(state in TERMINAL_STATES for state in states)
        if watcher.made or ended:
            watcher.made = False
            self._view = await self._views.get(self._call.principal, self._view.detail.job.id)
            self._outputs()
        if watcher.progressed or ended:
            watcher.progressed = False
            self._progress()
        self._preview()
        if states and states[-1] is JobState.QUEUED:
            self._position = await self._place()
        for state in states:
            if state is not self._state:
                self._status(state)

    async def _place(self) -> int | None:
        job_id = self._view.detail.job.id
        return await self._views.position(self._call.principal, job_id)

    async def _idle(self) -> None:
        """Nothing has happened here; others may have made way."""
        if self._state is JobState.QUEUED:
            now = await self._place()
            if now is not None and now != self._position:
                self._position = now
                self._status(JobState.QUEUED)
                await self._flush()
                return
        await self._response.write(b": still here\n\n")

    def _status(self, state: JobState) -> None:
        self._state = state
        told: dict[str, JsonValue] = {"status": STATUSES[state]}
        if state is JobState.QUEUED:
            told["queue_position"] = self._position
        self._send("status", told)

    def _progress(self) -> None:
        job = self._view.detail.job
        if job.state is JobState.SUCCEEDED:
            self._send_shared(
                "progress",
                self._view.detail,
                lambda: shapes.finished_progress(len(self._view.classes)),
            )
            return
        run = self._call.services.watch.live(job.id)
        if run is not None:
            self._quiet_until = asyncio.get_running_loop().time() + _PROGRESS_S
            self._send_shared(
                "progress", run.progress, lambda: shapes.progress(run.progress, self._view.classes)
            )

    def _preview(self) -> None:
        preview, self._watcher.preview = self._watcher.preview, None
        if preview is not None:
            self._send_shared("preview", preview, lambda: _preview(preview))

    def _outputs(self) -> None:
        """Those that were not told yet."""
        for kept in self._view.outputs[self._told :]:
            self._told += 1
            self._send("output", shapes.output(self._call, kept))

    def _send(self, kind: str, value: JsonObject) -> None:
        self._frames.append(_frame(self._told, kind, value))

    def _send_shared(self, kind: str, source: object, make: Callable[[], JsonObject]) -> None:
        """What `make` makes of `source`, unless another stream of the job has just told it."""
        shared = self._watcher.shared
        known = shared.get(kind)
        if known is None or known.source is not source or known.outputs != self._told:
            known = shared[kind] = Told(source, self._told, _frame(self._told, kind, make()))
        self._frames.append(known.frame)

    async def _flush(self) -> None:
        frames, self._frames = self._frames, []
        if frames:
            await self._response.write(b"".join(frames))


def _frame(told: int, kind: str, value: JsonObject) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (told, kind.encode(), encode(value))


def _preview(preview: Preview) -> JsonObject:
    return {
        "node_id": preview.node.display_node_id,
        "content_type": preview.format.value,
        "data_base64": base64.b64encode(preview.data).decode(),
    }


def _resumed(call: Call, made: int) -> int:
    """How many of the outputs made so far the client has heard of."""
    text = call.request.headers.get("Last-Event-ID", "")
    if text.isascii() and text.isdecimal() and len(text) < 9:
        return min(int(text), made)
    return made
