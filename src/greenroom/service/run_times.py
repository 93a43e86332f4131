"""How long jobs run once their models are loaded, learnt for each kind of job."""

from greenroom.domain.ids import JobId
from greenroom.domain.needs import Needs

_UNKNOWN_MS = 5_000
_WEIGHT = 0.3
"""How much the newest run counts."""
_MOST = 2_000


class RunTimes:
    def __init__(self) -> None:
        self._known: dict[Needs, float] = {}
        self._running: dict[JobId, Needs] = {}

    def began(self, job_id: JobId, needs: Needs, *, loads: bool) -> None:
        """A run began; one that also loads models tells nothing about runs."""
        if not loads:
            self._running[job_id] = needs

    def ended(self, job_id: JobId, took_ms: int, *, well: bool) -> None:
        needs = self._running.pop(job_id, None)
        if needs is None or not well:
            return
        known = self._known.pop(needs, None)
        self._known[needs] = took_ms if known is None else known + _WEIGHT * (took_ms - known)
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    def of(self, needs: Needs) -> int:
        """In milliseconds."""
        return round(self._known.get(needs, _UNKNOWN_MS))
