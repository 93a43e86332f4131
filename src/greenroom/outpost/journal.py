"""One run on this machine, and what was told of it: the server may have missed the end of that."""

from collections.abc import Callable

from greenroom.domain.run import RunEvent
from greenroom.engine.base import EngineError, Interrupted, Run, RunResult
from greenroom.engine.remote import messages as wire
from greenroom.engine.remote.events import ending_to_wire, event_to_wire, is_hint


class Journal:
    """The server takes part in it once it `claimed` the run on the present connection."""

    def __init__(self, begin: wire.Begin, run: Run, tell: Callable[[wire.Told], None]) -> None:
        self.run = run
        self.claimed = True
        self.dropped = False
        """Nobody will ask for it any more."""
        self.ended = False
        self._tell = tell
        self._base = begin.after
        self._entries: list[wire.Told] = []
        if begin.after:
            self._add(wire.Anew())

    async def sink(self, event: RunEvent) -> None:
        if not is_hint(event):
            self._add(event_to_wire(event))
        elif self.claimed:
            self._tell(wire.Told(self.run.job_id, self.run.attempt, 0, event_to_wire(event)))

    def end(self, ending: RunResult | EngineError | Interrupted | None) -> None:
        self.ended = True
        self._add(ending_to_wire(ending))

    def drop(self) -> None:
        """Tell no more of it."""
        self.dropped, self.claimed = True, False

    def claim(self, after: int) -> None:
        """Tell what came after that number, and go on telling."""
        self.claimed = True
        for entry in self._entries[max(after - self._base, 0) :]:
            self._tell(entry)

    def _add(self, event: wire.Happening) -> None:
        number = self._base + len(self._entries) + 1
        entry = wire.Told(self.run.job_id, self.run.attempt, number, event)
        self._entries.append(entry)
        if self.claimed:
            self._tell(entry)
