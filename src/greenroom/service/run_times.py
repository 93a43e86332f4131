"""How long runs take: learnt from those that ended, kept over restarts, told of those that run."""

from collections.abc import Mapping

from greenroom.domain.clock import Millis
from greenroom.domain.estimate import Sample, Timings, Work
from greenroom.domain.event import JobRan
from greenroom.domain.ids import DEFAULT_TENANT, JobId
from greenroom.domain.needs import Needs
from greenroom.domain.stopwatch import Stopwatch
from greenroom.domain.workflow.graph import Graph
from greenroom.store import node_times
from greenroom.store.database import Database

_UNKNOWN_MS = 5_000
_WHOLE_RUN = ""
"""Stands for the class of a node that is the whole run."""
_MOST_KEYS = 20_000


class RunTimes:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._timings = Timings()
        self._keys: dict[Needs, str] = {}
        self._kinds: dict[JobId, str] = {}
        """Of the runs that load no models: one that does tells nothing about the whole."""
        self._watched: dict[JobId, tuple[str, Stopwatch]] = {}
        self._ends_at: dict[JobId, Millis] = {}

    async def load(self) -> None:
        """Take up what was learnt before this server began."""
        self._timings.restore(await self._db.read(lambda tx: node_times.all_of(tx, DEFAULT_TENANT)))

    async def save(self) -> None:
        """Store what was learnt since the last time."""
        learnt, now = self._timings.take_changed(), self._db.clock.now()
        if learnt:
            await self._db.write(lambda tx: node_times.save(tx, DEFAULT_TENANT, learnt, now))

    def began(self, job_id: JobId, needs: Needs, *, loads: bool) -> None:
        """A run begins; `loads` says that it must load models first."""
        if not loads:
            self._kinds[job_id] = self._key(needs)

    def follow(self, job_id: JobId, needs: Needs, graph: Graph, outputs: tuple[str, ...]) -> None:
        """Measure the nodes of a run that begins or is taken up."""
        kind = self._key(needs)
        watch = Stopwatch(graph, outputs, kind)
        self._watched[job_id] = (kind, watch)
        self._foretell(job_id, watch, self._db.clock.now())

    def hear(self, ran: JobRan) -> Millis | None:
        """What happens in a run; gives when it will end by what is known now."""
        watched = self._watched.get(ran.job_id)
        if watched is None:
            return None
        watched[1].hear(ran.body, ran.at)
        return self._foretell(ran.job_id, watched[1], ran.at)

    def ends_at(self, job_id: JobId) -> Millis | None:
        """When a job that runs will end; None while too little is known of its nodes."""
        return self._ends_at.get(job_id)

    def ended(self, job_id: JobId, took_ms: int, *, well: bool) -> None:
        """The run is over; nodes that ended before it failed have told their times as well."""
        self._ends_at.pop(job_id, None)
        watched = self._watched.pop(job_id, None)
        if watched is not None:
            kind, watch = watched
            self._timings.learn(kind, watch.samples)
        whole = self._kinds.pop(job_id, None)
        if whole is not None and well:
            self._timings.learn(whole, [Sample(_WHOLE_RUN, took_ms)])

    def of(self, needs: Needs, work: Mapping[Work, int]) -> int:
        """How long such a run takes once its models are loaded, in milliseconds."""
        kind = self._key(needs)
        expected = self._timings.expected_ms(kind, work) if work else None
        if expected is not None:
            return expected
        whole = self._timings.node(kind, _WHOLE_RUN)
        return _UNKNOWN_MS if whole is None else round(whole.of(0))

    def _foretell(self, job_id: JobId, watch: Stopwatch, now: Millis) -> Millis | None:
        left = watch.left_ms(self._timings, now)
        if left is None:
            self._ends_at.pop(job_id, None)
            return None
        self._ends_at[job_id] = Millis(now + left)
        return self._ends_at[job_id]

    def _key(self, needs: Needs) -> str:
        known = self._keys.get(needs)
        if known is None:
            if len(self._keys) >= _MOST_KEYS:
                self._keys.clear()
            known = self._keys[needs] = needs.key
        return known
