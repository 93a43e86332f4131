"""Who hears what: every event of the installation becomes messages for the sockets it is meant for.

How many jobs remain is told to every socket of the tenant. What happens in a run is told to the
sockets whose client id submitted the job, to all of them and to nobody else, unless the dialect's
voice says otherwise.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, assert_never

from greenroom.api.comfy import endings, messages
from greenroom.api.comfy.tracker import Tracker
from greenroom.api.comfy.voice import COMFYUI, Voice
from greenroom.api.sockets import Frame, Sender
from greenroom.domain import run
from greenroom.domain.event import Event, JobChanged, JobDeleted, JobRan, JobReady
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import LEASED_STATES, TERMINAL_STATES, Job, JobState
from greenroom.domain.principal import Principal
from greenroom.service.services import Services

_log = logging.getLogger(__name__)

_PREVIEW_WAITS_S = 0.02
"""A picture may come before or after the step that it belongs to; this long it waits for it."""

_Client: TypeAlias = tuple[TenantId, str]
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(eq=False, slots=True)
class Listener:
    """One open socket."""

    tenant: TenantId
    sid: str
    sender: Sender
    wants_metadata: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """A picture that waits for its step."""

    event: JobRan
    picture: run.Preview
    timer: asyncio.TimerHandle


class Hub:
    def __init__(self, services: Services, voice: Voice = COMFYUI) -> None:
        self._services = services
        self._voice = voice
        self._tenants: dict[TenantId, set[Listener]] = {}
        self._clients: dict[_Client, set[Listener]] = {}
        self._trackers: dict[JobId, Tracker] = {}
        self._owned: dict[_Client, set[JobId]] = {}
        self._held: dict[JobId, _Held] = {}
        self._backlog: deque[tuple[Event, int]] = deque()
        self._wake = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = self._services.watch.listen(self._hear)
        task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            stop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for held in self._held.values():
                held.timer.cancel()

    def join(self, listener: Listener) -> None:
        """Let a socket hear from now on, after it has been told where things stand."""
        remaining = self._services.watch.remaining(Principal(listener.tenant))
        listener.sender.send(messages.status(remaining, listener.sid))
        client = self._client(listener)
        for job_id in sorted(self._owned.get(client, ())):
            for frame in self._trackers[job_id].missed():
                listener.sender.send(frame)
        self._tenants.setdefault(listener.tenant, set()).add(listener)
        self._clients.setdefault(client, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        _discard(self._tenants, listener.tenant, listener)
        _discard(self._clients, self._client(listener), listener)

    async def say_farewell(self) -> None:
        """Close every socket, as the server stops."""
        listeners = [one for group in self._tenants.values() for one in group]
        await asyncio.gather(*(one.sender.close() for one in listeners), return_exceptions=True)

    def _hear(self, event: Event) -> None:
        tenant = event.job.tenant if isinstance(event, JobChanged) else event.tenant
        if isinstance(event, JobDeleted | JobReady):
            return
        if isinstance(event, JobChanged) and not self._concerns(event):
            return
        # The number is taken now: when the message is made, it may have changed.
        self._backlog.append((event, self._services.watch.remaining(Principal(tenant))))
        self._wake.set()

    def _concerns(self, event: JobChanged) -> bool:
        return event.job.tenant in self._tenants or event.job.id in self._trackers

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._backlog:
                event, remaining = self._backlog.popleft()
                try:
                    await self._tell(event, remaining)
                except Exception:  # noqa: BLE001 - one bad event must not silence the others
                    _log.exception("an event could not be told to the sockets")

    async def _tell(self, event: Event, remaining: int) -> None:
        match event:
            case JobRan():
                self._ran(event)
            case JobChanged():
                await self._changed(event, remaining)
            case JobDeleted() | JobReady():
                pass
            case _:
                assert_never(event)

    async def _changed(self, change: JobChanged, remaining: int) -> None:
        job = change.job
        self._release(job.id)
        ended = job.state in TERMINAL_STATES and job.started_at is not None
        audience = self._audience(job.tenant, job.client_id)
        if ended and audience:
            _send(audience, await self._last_message(change))
        if job.state is not JobState.CANCELING:
            _send(self._tenants.get(job.tenant, ()), messages.status(remaining))
        if (notice := self._voice.notice(change)) is not None:
            _send(audience, messages.notification(job.id, notice))
        if ended:
            _send(audience, messages.executing_nothing(job.id))
        if job.state not in LEASED_STATES:
            self._forget(job)

    async def _last_message(self, change: JobChanged) -> str:
        tracker = self._trackers.get(change.job.id)
        if change.job.state is not JobState.CANCELED:
            return endings.message(change.job, None, tracker, change.at, self._voice)
        principal = Principal(change.job.tenant)
        detail = await self._services.jobs.detail(principal, change.job.id)
        result = detail.result if detail is not None else None
        return endings.message(change.job, result, tracker, change.at)

    def _ran(self, event: JobRan) -> None:
        body = event.body
        if isinstance(body, run.Preview):
            self._hold(event, body)
            return
        held = self._held.get(event.job_id)
        if held is not None and isinstance(body, run.NodeStepped):
            self._drop(held)
        else:
            self._release(event.job_id)
            held = None
        tracker = self._tracker(event)
        tracker.note(body, event.at)
        audience = self._audience(event.tenant, event.client_id)
        if not audience:
            return
        if isinstance(body, run.NodeStepped):
            self._stepped(event.job_id, body, tracker, audience, held)
            return
        for frame in _frames(event, body, tracker, self._voice):
            _send(audience, frame)

    def _stepped(
        self, job_id: JobId, step: run.NodeStepped, tracker: Tracker, audience: set[Listener],
        held: _Held | None,
    ) -> None:  # fmt: skip
        """With metadata the picture comes before its `progress`, without it after."""
        _send(audience, tracker.state())
        if held is not None:
            _show(audience, job_id, held.picture, metadata=True)
        _send(audience, messages.progress(job_id, step.node, step.value, step.max))
        if held is not None:
            _show(audience, job_id, held.picture, metadata=False)

    def _tracker(self, event: JobRan) -> Tracker:
        started = isinstance(event.body, run.RunStarted)
        tracker = None if started else self._trackers.get(event.job_id)
        if tracker is None:
            tracker = Tracker(event.job_id, event.at if started else None)
            self._trackers[event.job_id] = tracker
            if (name := self._voice.audience(event.client_id)) is not None:
                self._owned.setdefault((event.tenant, name), set()).add(event.job_id)
        return tracker

    def _hold(self, event: JobRan, picture: run.Preview) -> None:
        self._release(event.job_id)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_PREVIEW_WAITS_S, self._release, event.job_id)
        self._held[event.job_id] = _Held(event, picture, timer)

    def _release(self, job_id: JobId) -> None:
        """Send the picture that was held back, if there is one."""
        held = self._held.get(job_id)
        if held is None:
            return
        self._drop(held)
        audience = self._audience(held.event.tenant, held.event.client_id)
        _show(audience, job_id, held.picture, metadata=True)
        _show(audience, job_id, held.picture, metadata=False)

    def _drop(self, held: _Held) -> None:
        held.timer.cancel()
        self._held.pop(held.event.job_id, None)

    def _forget(self, job: Job) -> None:
        self._trackers.pop(job.id, None)
        if (name := self._voice.audience(job.client_id)) is not None:
            _discard(self._owned, (job.tenant, name), job.id)

    def _audience(self, tenant: TenantId, client_id: str | None) -> set[Listener]:
        name = self._voice.audience(client_id)
        return set() if name is None else self._clients.get((tenant, name), set())

    def _client(self, listener: Listener) -> _Client:
        return listener.tenant, self._voice.audience(listener.sid) or ""


def _frames(event: JobRan, body: run.RunEvent, tracker: Tracker, voice: Voice) -> Iterator[Frame]:
    match body:
        case run.RunStarted():
            yield messages.execution_start(event.job_id, event.at)
        case run.NodesCached():
            yield messages.execution_cached(event.job_id, body.nodes, event.at)
        case run.NodeStarted():
            yield tracker.state()
            yield messages.executing(event.job_id, body.node)
        case run.NodeOutput():
            yield messages.executed(event.job_id, body.node, body.output)
        case run.NodeFinished():
            yield tracker.state()
        case run.NodeText():
            yield messages.node_text(body)
        case run.NodeBlocked():
            yield messages.execution_error(event.job_id, voice.failure(body.comfy), None)
        case run.NodeStepped() | run.Preview():
            return
        case _:
            assert_never(body)


def _send(audience: Iterable[Listener], frame: Frame) -> None:
    for listener in tuple(audience):
        listener.sender.send(frame)


def _show(
    audience: Iterable[Listener], job_id: JobId, picture: run.Preview, *, metadata: bool
) -> None:
    wanting = [listener for listener in audience if listener.wants_metadata is metadata]
    if not wanting:
        return
    frame = (
        messages.preview_with_metadata(job_id, picture) if metadata else messages.preview(picture)
    )
    _send(wanting, frame)


def _discard(groups: dict[_K, set[_V]], key: _K, member: _V) -> None:
    group = groups.get(key)
    if group is None:
        return
    group.discard(member)
    if not group:
        del groups[key]
