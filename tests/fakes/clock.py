"""A clock that tests move by hand."""

from greenroom.domain.clock import Millis

NOON = Millis(1_800_000_000_000)


class FakeClock:
    def __init__(self, start: Millis = NOON) -> None:
        self._now = start

    def now(self) -> Millis:
        return self._now

    def advance(self, milliseconds: int) -> Millis:
        self._now = Millis(self._now + milliseconds)
        return self._now
