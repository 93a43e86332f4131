"""Replays a trace under a policy in virtual time."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Capabilities
from greenroom.domain.scheduling.fleet import LoadTimes, WorkerView
from greenroom.domain.scheduling.policy import Policy
from greenroom.domain.scheduling.trace import TraceJob
from greenroom.domain.scheduling.waiting import Waiting

_START = Millis(1_000_000_000)


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """One job of the trace, as it went. Times are milliseconds from the start of the trace."""

    job: TraceJob
    worker: WorkerId
    started_ms: int
    loaded_ms: int
    """How long loading models took; 0 on a warm worker."""

    @property
    def waited_ms(self) -> int:
        return self.started_ms - self.job.at_ms

    @property
    def ended_ms(self) -> int:
        return self.started_ms + self.loaded_ms + self.job.run_ms


@dataclass(slots=True)
class _Worker:
    id: WorkerId
    capabilities: Capabilities
    memory: int
    """How many sets of models stay loaded."""
    sets: OrderedDict[frozenset[ModelFile], None] = field(default_factory=OrderedDict)
    warm_since: Millis | None = None
    free_at: Millis | None = None

    @property
    def warm(self) -> frozenset[ModelFile]:
        return frozenset(model for models in self.sets for model in models)

    def start(self, job: TraceJob, now: Millis) -> int:
        """How long loading takes before the job runs."""
        warm, needed = self.warm, frozenset(job.models)
        load_ms = sum(ms for model, ms in job.models.items() if model not in warm)
        if load_ms:
            self.warm_since = now
        if needed:
            self.sets[needed] = None
            self.sets.move_to_end(needed)
        while len(self.sets) > self.memory:
            self.sets.popitem(last=False)
        self.free_at = Millis(now + load_ms + job.run_ms)
        return load_ms

    def view(self) -> WorkerView:
        return WorkerView(
            self.id,
            self.capabilities,
            warm=self.warm,
            warm_since=self.warm_since,
            free_at=self.free_at,
        )


class Simulator:
    def __init__(
        self, trace: Sequence[TraceJob], policy: Policy, workers: int = 4, memory: int = 1
    ) -> None:
        """`memory` is how many sets of models a worker keeps loaded."""
        self._policy = policy
        self._jobs = {job.id: (job, traced) for job, traced in _waiting(trace)}
        models = frozenset(model for traced in trace for model in traced.models)
        everything = Capabilities(models=models)
        ids = [WorkerId(f"worker-{number + 1}") for number in range(workers)]
        self._workers = {one: _Worker(one, everything, memory) for one in ids}
        self._idle = dict.fromkeys(ids)
        self._running: dict[WorkerId, tuple[JobId, Millis]] = {}
        self._runs: list[SimulatedRun] = []
        self._moments: list[tuple[Millis, WorkerId | None]] = []

    def run(self) -> list[SimulatedRun]:
        """Every job of the trace in the order in which they started."""
        for worker in self._workers.values():
            self._policy.see(worker.view())
        arrivals = sorted((job for job, _ in self._jobs.values()), key=lambda job: job.ready_at)
        for job in arrivals:
            heappush(self._moments, (job.ready_at, WorkerId("")))
        coming = iter(arrivals)
        upcoming = next(coming, None)
        while self._moments:
            now = self._moments[0][0]
            while upcoming is not None and upcoming.ready_at <= now:
                self._policy.add(upcoming)
                upcoming = next(coming, None)
            self._end_runs(now)
            self._give_out(now)
        return self._runs

    def _end_runs(self, now: Millis) -> None:
        while self._moments and self._moments[0][0] <= now:
            _, worker_id = heappop(self._moments)
            running = self._running.get(worker_id) if worker_id else None
            worker = self._workers.get(worker_id) if worker_id else None
            if running is None or worker is None or worker.free_at != now:
                continue
            job_id, started_at = self._running.pop(worker.id)
            worker.free_at = None
            self._idle[worker.id] = None
            self._policy.ended(job_id, now - started_at, now)
            self._policy.see(worker.view())

    def _give_out(self, now: Millis) -> None:
        """Ask for every idle worker until none gets a job any more."""
        asked = list(self._idle)
        while asked:
            given = [worker_id for worker_id in asked if self._try(worker_id, now)]
            asked = list(self._idle) if given else []

    def _try(self, worker_id: WorkerId, now: Millis) -> bool:
        decision = self._policy.choose(worker_id, now)
        if decision.job_id is None:
            if decision.again_at is not None:
                heappush(self._moments, (Millis(max(decision.again_at, now + 1)), WorkerId("")))
            return False
        self._policy.take(decision.job_id, worker_id, now)
        _, traced = self._jobs[decision.job_id]
        worker = self._workers[worker_id]
        load_ms = worker.start(traced, now)
        self._runs.append(SimulatedRun(traced, worker_id, now - _START, load_ms))
        self._running[worker_id] = (decision.job_id, now)
        del self._idle[worker_id]
        heappush(self._moments, (Millis(now + load_ms + traced.run_ms), worker_id))
        self._policy.see(worker.view())
        return True


def simulate(
    trace: Sequence[TraceJob], policy: Policy, workers: int = 4, memory: int = 1
) -> list[SimulatedRun]:
    """Replay the trace; every job that some worker can run is in the answer."""
    return Simulator(trace, policy, workers, memory).run()


def load_times(trace: Sequence[TraceJob]) -> LoadTimes:
    """What the trace says about loading, for the policy."""
    return LoadTimes({model: ms for job in trace for model, ms in job.models.items()})


def _waiting(trace: Sequence[TraceJob]) -> list[tuple[Waiting, TraceJob]]:
    in_order = sorted(trace, key=lambda job: job.at_ms)
    return [(job.as_waiting(seq, _START), job) for seq, job in enumerate(in_order, 1)]
