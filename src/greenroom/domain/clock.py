"""The only reader of wall time."""

import time
from typing import NewType, Protocol

Millis = NewType("Millis", int)
"""An instant: milliseconds since the Unix epoch, UTC."""


class Clock(Protocol):
    def now(self) -> Millis: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Millis:
        return Millis(time.time_ns() // 1_000_000)
