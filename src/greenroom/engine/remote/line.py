"""The server's end of one connection: what goes out, and the calls that wait for an answer."""

import asyncio
import itertools
from collections.abc import Callable

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.engine.remote import messages as wire

_PING_S = 5.0
"""Seconds between two pings."""
_SILENCE_S = 20.0
"""Seconds without a word after which the connection counts as cut."""


class Cut(AppError):  # noqa: N818 - a state of the connection
    """The connection broke before the answer came."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, "the worker is not connected any more")


class Broke(AppError):  # noqa: N818 - an answer
    """The other side could not do what it was called for; `kind` says why, in its words."""

    def __init__(self, refusal: wire.Refusal) -> None:
        known = refusal.code in set(ErrorCode)
        code = ErrorCode(refusal.code) if known else ErrorCode.UNAVAILABLE
        super().__init__(code, refusal.message)
        self.kind = refusal.code


class Line:
    def __init__(self, send: Callable[[bytes], None], hang_up: Callable[[], None]) -> None:
        self._send = send
        self._hang_up = hang_up
        self._numbers = itertools.count(1)
        self._calls: dict[int, asyncio.Future[wire.Answer]] = {}
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._pinging = self._loop.call_later(0, self._ping)
        self.latency_s: float | None = None
        """How long the last ping took there and back."""

    def send(self, message: wire.FromServer) -> None:
        self._send(wire.encode(message))

    async def call(self, question: wire.Question) -> wire.Answer:
        """Cut; Broke when the other side says so."""
        number = next(self._numbers)
        answer: asyncio.Future[wire.Answer] = self._loop.create_future()
        self._calls[number] = answer
        self.send(wire.Call(number, question))
        try:
            return await answer
        finally:
            self._calls.pop(number, None)

    def heard(self) -> None:
        """Any message came."""
        self._heard_at = self._loop.time()

    def answered(self, message: wire.Answer | wire.Refusal) -> None:
        waiting = self._calls.get(message.call)
        if waiting is None or waiting.done():
            return
        if isinstance(message, wire.Refusal):
            waiting.set_exception(Broke(message))
        else:
            waiting.set_result(message)

    def ponged(self, pong: wire.Pong) -> None:
        self.latency_s = self._loop.time() - pong.sent

    def end(self) -> None:
        """The connection is no more, or shall be."""
        self._pinging.cancel()
        for waiting in self._calls.values():
            if not waiting.done():
                waiting.set_exception(Cut())
        self._hang_up()

    def _ping(self) -> None:
        now = self._loop.time()
        if now - self._heard_at > _SILENCE_S:
            self._hang_up()
            return
        self.send(wire.Ping(now))
        self._pinging = self._loop.call_later(_PING_S, self._ping)
