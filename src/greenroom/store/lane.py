"""Lanes: threads that take every waiting call at once and hand the results back together."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol, TypeAlias

from sqlalchemy import Connection


@dataclass(slots=True)
class Call:
    """One caller's work, and what came of it: a value or an error, never both."""

    work: Callable[[Connection], object]
    future: asyncio.Future[object]
    lasting: bool = True
    """Whether what it writes is durable when it is answered."""
    value: object = None
    error: BaseException | None = None


class Runner(Protocol):
    """What a lane's thread does with its calls; lives and dies in that thread."""

    def run(self, calls: list[Call]) -> None:
        """Fill in the value or the error of every call. Raises nothing."""

    def close(self) -> None: ...


_Inbox: TypeAlias = "SimpleQueue[Call | None]"


@dataclass(slots=True)
class Lanes:
    """Some threads with one inbox. Each takes up to `batch` calls per turn.

    Waking a thread and waking the loop cost more than a small statement does; both are paid once
    per batch.
    """

    name: str
    count: int
    batch: int
    make_runner: Callable[[], Runner]
    _inbox: _Inbox = field(default_factory=SimpleQueue)
    _threads: list[threading.Thread] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        for number in range(self.count):
            thread = threading.Thread(
                target=self._work, name=f"{self.name}-{number}", args=(self._loop,), daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def submit(
        self, work: Callable[[Connection], object], *, lasting: bool = True
    ) -> asyncio.Future[object]:
        if self._loop is None:
            raise RuntimeError(f"the lanes {self.name} are not started")
        future: asyncio.Future[object] = self._loop.create_future()
        self._inbox.put(Call(work, future, lasting))
        return future

    async def stop(self) -> None:
        """Calls that wait already are still served."""
        for _ in self._threads:
            self._inbox.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads.clear()
        self._loop = None

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        runner = self.make_runner()
        open_ = True
        while open_:
            calls, open_ = self._take()
            live = [call for call in calls if not call.future.cancelled()]
            if not live:
                continue
            runner.run(live)
            # The loop is closed only when nobody is left who could wait for the answer.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, live)
        runner.close()

    def _take(self) -> tuple[list[Call], bool]:
        """Every call that waits now, after waiting for the first; and whether to go on."""
        first = self._inbox.get()
        if first is None:
            return [], False
        calls = [first]
        while len(calls) < self.batch:
            try:
                call = self._inbox.get_nowait()
            except Empty:
                break
            if call is None:
                return calls, False
            calls.append(call)
        return calls, True


def _settle(calls: list[Call]) -> None:
    for call in calls:
        if call.future.done():
            continue
        if call.error is not None:
            call.future.set_exception(call.error)
        else:
            call.future.set_result(call.value)
