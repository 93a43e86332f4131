"""The only reader of wall time."""

import time
from datetime import UTC, datetime
from typing import NewType, Protocol

Millis = NewType("Millis", int)
"""An instant: milliseconds since the Unix epoch, UTC."""


class Clock(Protocol):
    def now(self) -> Millis: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Millis:
        return Millis(time.time_ns() // 1_000_000)


def local_time(at: Millis) -> datetime:
    """In the time zone of this machine."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone()
