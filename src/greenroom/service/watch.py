"""Follow what happens: live events for each listener, and the live state of every run."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from greenroom.bus.base import Bus
from greenroom.domain import progress
from greenroom.domain.event import Event, JobChanged, JobDeleted, JobRan, JobReady
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import TERMINAL_STATES, Job, JobEvent, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.progress import Progress
from greenroom.service.run_times import RunTimes

_LONGEST_BACKLOG = 10_000


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A job that runs now."""

    job: Job
    progress: Progress = field(default_factory=Progress)


class Subscription:
    """The events of one tenant, or of one job, from the moment it was opened.

    A reader that falls too far behind is dropped: the iteration ends, and `dropped` is true.
    """

    def __init__(
        self, tenant: TenantId, job_id: JobId | None, close: "Callable[[Subscription], None]"
    ) -> None:
        self.tenant = tenant
        self.job_id = job_id
        self.dropped = False
        self._backlog: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._close = close

    def offer(self, event: Event) -> None:
        if len(self._backlog) >= _LONGEST_BACKLOG:
            self.dropped = True
            self.close()
            return
        self._backlog.append(event)
        self._wake.set()

    def close(self) -> None:
        """Stop listening; what has arrived can still be read."""
        if not self._closed:
            self._closed = True
            self._close(self)
            self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._backlog and not self.dropped:
                yield self._backlog.popleft()
            if self._closed:
                return
            self._wake.clear()
            await self._wake.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Watch:
    """Every process holds one; it hears the bus and keeps the live state of the runs."""

    def __init__(self, bus: Bus, times: RunTimes | None = None) -> None:
        """`times` foretells when runs end."""
        self._times = times
        self._by_tenant: dict[TenantId, set[Subscription]] = {}
        self._by_job: dict[JobId, set[Subscription]] = {}
        self._live: dict[JobId, LiveRun] = {}
        self._remaining: dict[TenantId, int] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._stop = bus.listen(self._hear)

    def follow(self, principal: Principal, job_id: JobId | None = None) -> Subscription:
        """Events of the caller's tenant, or of one of its jobs, from now on. Use it in a `with`."""
        subscription = Subscription(principal.tenant, job_id, self._forget)
        if job_id is None:
            self._by_tenant.setdefault(principal.tenant, set()).add(subscription)
        else:
            self._by_job.setdefault(job_id, set()).add(subscription)
        return subscription

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call `listener` at once with every event of every tenant; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def live(self, job_id: JobId) -> LiveRun | None:
        """The live state of a job that runs now."""
        return self._live.get(job_id)

    def runs(self, principal: Principal) -> list[LiveRun]:
        """What runs now for the caller's tenant, in order of start."""
        return [run for run in self._live.values() if run.job.tenant == principal.tenant]

    def seed(self, remaining: Mapping[TenantId, int]) -> None:
        """Set how many jobs wait or run, as the database has it; events keep it up to date."""
        self._remaining = dict(remaining)

    def remaining(self, principal: Principal) -> int:
        """How many of the caller's jobs wait or run."""
        return self._remaining.get(principal.tenant, 0)

    def begin(self, job: Job, snapshot: Progress) -> None:
        """Set out a run's progress before its first event."""
        self._live[job.id] = LiveRun(job, snapshot)

    def close(self) -> None:
        self._stop()
        for group in (*self._by_tenant.values(), *self._by_job.values()):
            for subscription in tuple(group):
                subscription.close()

    def _hear(self, event: Event) -> None:
        self._remember(event)
        for listener in tuple(self._listeners):
            listener(event)
        tenant = event.job.tenant if isinstance(event, JobChanged) else event.tenant
        for subscription in tuple(self._by_tenant.get(tenant, ())):
            subscription.offer(event)
        for subscription in tuple(self._by_job.get(_job_of(event), ())):
            if subscription.tenant == tenant:
                subscription.offer(event)

    def _count(self, job: Job, event: JobEvent) -> None:
        step = -1 if job.state in TERMINAL_STATES else int(event is JobEvent.SUBMIT)
        self._remaining[job.tenant] = max(self._remaining.get(job.tenant, 0) + step, 0)

    def _remember(self, event: Event) -> None:
        if isinstance(event, JobChanged):
            self._count(event.job, event.event)
        match event:
            case JobChanged(job=job) if job.state is JobState.RUNNING:
                self._live.setdefault(job.id, LiveRun(job))
            case JobChanged(job=job) if job.state in TERMINAL_STATES | {JobState.QUEUED}:
                self._live.pop(job.id, None)
            case JobChanged(job=job) if job.id in self._live:
                self._live[job.id] = replace(self._live[job.id], job=job)
            case JobRan() if (known := self._live.get(event.job_id)) is not None:
                self._live[event.job_id] = LiveRun(known.job, self._progress(known, event))
            case _:
                pass

    def _progress(self, known: LiveRun, event: JobRan) -> Progress:
        snapshot = progress.fold(known.progress, event.body, event.at)
        if self._times is None:
            return snapshot
        return replace(snapshot, ends_at=self._times.hear(event))

    def _forget(self, subscription: Subscription) -> None:
        if subscription.job_id is None:
            self._by_tenant.get(subscription.tenant, set()).discard(subscription)
            return
        group = self._by_job.get(subscription.job_id, set())
        group.discard(subscription)
        if not group:
            self._by_job.pop(subscription.job_id, None)


def _job_of(event: Event) -> JobId:
    match event:
        case JobChanged():
            return event.job.id
        case JobRan() | JobDeleted() | JobReady():
            return event.job_id
