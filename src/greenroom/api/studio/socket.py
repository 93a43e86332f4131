"""/api/run/ws: progress, pictures and the log, as they come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.sockets import Sender
from greenroom.api.studio.event_lines import lines
from greenroom.api.studio.events import cursor_of
from greenroom.api.studio.live_runs import LiveRuns
from greenroom.api.turned_away import SOCKET
from greenroom.api.wire import encode
from greenroom.domain.event import Event, JobRan
from greenroom.domain.ids import TenantId
from greenroom.domain.notice import LogEntry, NoticeKind
from greenroom.domain.principal import Principal
from greenroom.service.services import Services

_LARGEST_MESSAGE = 64 * 1024
_PAUSE_S = 0.15
"""The shortest time between two texts on one run."""
_LOOK_S = 1.0
"""The log is read this often at least: another process may have written to it."""
_AT_ONCE = 500


@dataclass(eq=False, slots=True)
class _Listener:
    tenant: TenantId
    sender: Sender

    def tell(self, entries: Iterable[LogEntry]) -> None:
        for line in lines(entry for entry in entries if entry.tenant == self.tenant):
            self.sender.send(encode(line).decode())


class Live:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._runs = LiveRuns(services)
        self._listeners: set[_Listener] = set()
        self._cursor = 0
        self._order = asyncio.Lock()
        self._news = asyncio.Event()
        self._ran = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        log = self._services.event_log
        await log.note(Principal(), NoticeKind.BACKEND_STARTED, {})
        stops = (self._services.watch.listen(self._hear), log.listen(self._news.set))
        tasks = [asyncio.create_task(work()) for work in (self._tell_news, self._tell_runs)]
        try:
            yield
        finally:
            for stop in stops:
                stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def say_farewell(self) -> None:
        """Close every socket, as the server stops."""
        closing = (one.sender.close() for one in tuple(self._listeners))
        await asyncio.gather(*closing, return_exceptions=True)

    async def open(self, call: Call) -> web.StreamResponse:
        """Everything from now on or, with `after`, from behind that event on. BAD_REQUEST."""
        text = call.query("after")
        log = self._services.event_log
        # Asked before the other side knows that it listens: what it does then, it hears of.
        after = await log.last_id() if text is None else cursor_of(text)
        socket = web.WebSocketResponse(max_msg_size=_LARGEST_MESSAGE, heartbeat=30.0)
        await socket.prepare(call.request)
        call.request[SOCKET] = socket
        transport = call.request.transport
        if transport is None:
            return socket
        listener = _Listener(call.principal.tenant, Sender(socket, transport.abort))
        sending = asyncio.create_task(listener.sender.run())
        try:
            await self._join(listener, after)
            async for _ in socket:
                pass
        finally:
            self._leave(listener)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def _join(self, listener: _Listener, after: int) -> None:
        async with self._order:
            if not self._listeners:
                self._cursor = await self._services.event_log.last_id()
            else:
                await self._pass_on()
            await self._catch_up(listener, after)
            self._listeners.add(listener)
        self._runs.everything(Principal(listener.tenant))
        self._ran.set()

    def _leave(self, listener: _Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners:
            self._runs.forget_all()

    async def _catch_up(self, listener: _Listener, after: int) -> None:
        """What a listener missed, up to where the others are."""
        while after != self._cursor:
            entries = await self._services.event_log.of_everybody(after, _AT_ONCE)
            ids = [entry.id for entry in entries]
            if self._cursor in ids:
                listener.tell(entries[: ids.index(self._cursor) + 1])
                return
            if not entries:
                return
            listener.tell(entries)
            after = ids[-1]

    async def _pass_on(self) -> None:
        while entries := await self._services.event_log.of_everybody(self._cursor, _AT_ONCE):
            for listener in tuple(self._listeners):
                listener.tell(entries)
            self._cursor = entries[-1].id

    async def _tell_news(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S if self._listeners else None):
                    await self._news.wait()
            self._news.clear()
            async with self._order:
                if self._listeners:
                    await self._pass_on()

    async def _tell_runs(self) -> None:
        while True:
            await self._ran.wait()
            self._ran.clear()
            for frames in await self._runs.take():
                for listener in tuple(self._listeners):
                    if listener.tenant == frames.tenant:
                        listener.sender.send(frames.text)
                        if frames.picture is not None:
                            listener.sender.send(frames.picture)
            await asyncio.sleep(_PAUSE_S)

    def _hear(self, event: Event) -> None:
        if not self._listeners:
            return
        if not isinstance(event, JobRan):
            self._news.set()
        if self._runs.hear(event):
            self._ran.set()
