"""What the open event streams have still to be told, gathered from what happens in the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import Event, JobChanged, JobDeleted, JobRan, JobReady
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import LEASED_STATES, JobState
from greenroom.domain.run import NodeOutput, Preview
from greenroom.service.watch import Watch

_MOST_STREAMS = 4_096
"""Of one tenant."""


class Told(NamedTuple):
    """What was told of one thing, encoded."""

    source: object
    outputs: int
    """How many outputs had been told before."""
    frame: bytes


@dataclass(slots=True, eq=False)
class Watcher:
    """One stream: what has happened since it last looked."""

    shared: dict[str, Told] = field(default_factory=dict)
    """What the streams of the same job told last, by kind: encoded once for all of them."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Something has happened."""
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    """Something that is told at once."""
    states: list[JobState] = field(default_factory=list)
    """Every change of state, in order."""
    progressed: bool = False
    made: bool = False
    """There may be new outputs."""
    preview: Preview | None = None
    closed: bool = False
    """The server stops, or the job was deleted."""

    def hurry(self) -> None:
        self.urgent.set()
        self.wake.set()

    async def news(self, quiet: float, longest: float) -> None:
        """Wait for something to tell, `longest` seconds at most.

        What is not urgent waits for `quiet` seconds in any case. TimeoutError.
        """
        async with asyncio.timeout(longest):
            await self.wake.wait()
        if quiet > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await self.urgent.wait()
        self.wake.clear()
        self.urgent.clear()


class Watchers:
    """All streams of the server."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._by_job: dict[JobId, set[Watcher]] = {}
        self._shared: dict[JobId, dict[str, Told]] = {}
        self._previews: dict[JobId, Preview] = {}
        self._streams: dict[TenantId, int] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the server is up."""
        stop = self._watch.listen(self._hear)
        try:
            yield
        finally:
            stop()

    async def farewell(self) -> None:
        """End all streams."""
        for group in self._by_job.values():
            _close(group)

    @contextlib.contextmanager
    def watching(self, tenant: TenantId, job_id: JobId) -> Iterator[Watcher]:
        """A watcher of one job. QUEUE_FULL when the tenant has too many open streams."""
        if self._streams.get(tenant, 0) >= _MOST_STREAMS:
            raise AppError(ErrorCode.QUEUE_FULL, "Too many streams are open. Close some first.")
        shared = self._shared.setdefault(job_id, {})
        watcher = Watcher(shared, preview=self._previews.get(job_id))
        self._streams[tenant] = self._streams.get(tenant, 0) + 1
        self._by_job.setdefault(job_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._streams[tenant] -= 1
            group = self._by_job[job_id]
            group.discard(watcher)
            if not group:
                del self._by_job[job_id], self._shared[job_id]

    def _hear(self, event: Event) -> None:
        match event:
            case JobChanged(job=job):
                if job.state not in LEASED_STATES:
                    self._previews.pop(job.id, None)
                for watcher in self._by_job.get(job.id, ()):
                    watcher.states.append(job.state)
                    watcher.hurry()
            case JobDeleted():
                _close(self._by_job.get(event.job_id, set()))
            case JobRan():
                self._ran(event)
            case JobReady():
                pass

    def _ran(self, event: JobRan) -> None:
        if isinstance(event.body, Preview):
            self._previews[event.job_id] = event.body
        for watcher in self._by_job.get(event.job_id, ()):
            match event.body:
                case Preview():
                    watcher.preview = event.body
                    watcher.wake.set()
                case NodeOutput():
                    watcher.made = watcher.progressed = True
                    watcher.hurry()
                case _:
                    watcher.progressed = True
                    watcher.wake.set()


def _close(group: set[Watcher]) -> None:
    for watcher in group:
        watcher.closed = True
        watcher.hurry()
