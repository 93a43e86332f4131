"""The one stream that the UI listens to, as server-sent events: jobs, progress, the queue.

What a slow reader has not taken yet is replaced by what is newer, so that nothing piles up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
from aiohttp import web

from greenroom.api.console import runs
from greenroom.api.console.shapes import Hello, JobNews, Live, Status
from greenroom.api.console.statuses import STATUSES
from greenroom.api.context import Call
from greenroom.api.wire import encode
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import Event, JobChanged, JobDeleted, JobRan, JobReady
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.principal import Principal
from greenroom.domain.progress import Progress
from greenroom.domain.run import Preview
from greenroom.service.services import Services

_PAUSE_S = 0.2
"""Between two batches of one reader."""
_KEEP_ALIVE_S = 15.0
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


@dataclass(slots=True)
class _Picture:
    data: bytes
    media_type: str
    count: int


class _Reader:
    """What one open stream has still to be told, newest word of each subject only."""

    def __init__(self, tenant: TenantId) -> None:
        self.tenant = tenant
        self.wake = asyncio.Event()
        self._news: dict[str, bytes] = {}

    def tell(self, subject: str, kind: str, value: msgspec.Struct | None) -> None:
        self._news[subject] = _frame(kind, value)
        self.wake.set()

    def take(self) -> bytes:
        self.wake.clear()
        frames = b"".join(self._news.values())
        self._news.clear()
        return frames


class Stream:
    """Hears every event once and passes it on to all readers."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._readers: set[_Reader] = set()
        self._pictures: dict[JobId, _Picture] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:
            stack.callback(self._services.watch.listen(self._hear))
            stack.callback(self._services.tenants.listen(self.reordered))
            yield

    async def open(self, call: Call) -> web.StreamResponse:
        """Events from now on, after one that says what runs."""
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(call.request)
        if call.request.method == "HEAD":
            return response
        reader = _Reader(call.principal.tenant)
        self._readers.add(reader)
        try:
            await response.write(_frame("hello", self._hello(call.principal)))
            await _pass_on(reader, response)
        except ConnectionError:
            pass
        finally:
            self._readers.discard(reader)
        return response

    async def preview(self, call: Call) -> web.StreamResponse:
        """The newest picture of a run in progress. NOT_FOUND when there is none."""
        job_id = JobId(call.part("job_id"))
        picture = self._pictures.get(job_id)
        run = self._services.watch.live(job_id)
        if picture is None or run is None or run.job.tenant != call.principal.tenant:
            raise AppError(ErrorCode.NOT_FOUND, "This job shows no picture now.")
        headers = {"Content-Type": picture.media_type, "Cache-Control": "no-store"}
        return web.Response(body=picture.data, headers=headers)

    def live(self, job_id: JobId) -> Live:
        """How far the run is; all zero when nothing is known of it."""
        run = self._services.watch.live(job_id)
        picture = self._pictures.get(job_id)
        progress = Progress() if run is None else run.progress
        count = 0 if picture is None else picture.count
        return runs.live(job_id, progress, count, self._services.clock.now())

    def reordered(self, tenant: TenantId) -> None:
        """Somebody moved waiting jobs, or paused workers or the tenant."""
        self._tell(tenant, "queue", "queue", None)

    def _hello(self, principal: Principal) -> Hello:
        watch = self._services.watch
        found = [self.live(run.job.id) for run in watch.runs(principal)]
        return Hello(found, watch.remaining(principal))

    def _hear(self, event: Event) -> None:
        match event:
            case JobChanged():
                job = event.job
                if job.state in TERMINAL_STATES:
                    self._pictures.pop(job.id, None)
                self._tell_of_job(job.tenant, job.id, STATUSES[job.state], deleted=False)
            case JobDeleted():
                self._tell_of_job(event.tenant, event.job_id, "cancelled", deleted=True)
            case JobRan():
                self._ran(event)
            case JobReady():
                self._tell(event.tenant, "queue", "queue", None)

    def _tell_of_job(
        self, tenant: TenantId, job_id: JobId, status: Status, *, deleted: bool
    ) -> None:
        remaining = self._services.watch.remaining(Principal(tenant))
        news = JobNews(job_id, status, deleted=deleted, remaining=remaining)
        self._tell(tenant, f"job {job_id}", "job", news)

    def _ran(self, event: JobRan) -> None:
        if isinstance(event.body, Preview):
            known = self._pictures.get(event.job_id)
            self._pictures[event.job_id] = _Picture(
                event.body.data, event.body.format.value, known.count + 1 if known else 1
            )
        if self._readers:
            live = self.live(event.job_id)
            self._tell(event.tenant, f"run {event.job_id}", "progress", live)

    def _tell(
        self, tenant: TenantId, subject: str, kind: str, value: msgspec.Struct | None
    ) -> None:
        for reader in tuple(self._readers):
            if reader.tenant == tenant:
                reader.tell(subject, kind, value)


async def _pass_on(reader: _Reader, response: web.StreamResponse) -> None:
    while True:
        try:
            async with asyncio.timeout(_KEEP_ALIVE_S):
                await reader.wake.wait()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        await response.write(reader.take())
        await asyncio.sleep(_PAUSE_S)


def _frame(kind: str, value: msgspec.Struct | None) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), encode(value))
