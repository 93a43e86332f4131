"""First in, first out: the policy to compare with."""

from heapq import heappop, heappush

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.scheduling.filters import is_excluded, suits
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.rank import Decision, Reason
from greenroom.domain.scheduling.waiting import Waiting


class FifoPool:
    """Implements Policy: the first job in the queue that the worker can run."""

    def __init__(self) -> None:
        self._jobs: dict[JobId, Waiting] = {}
        self._heap: list[tuple[float, int, JobId]] = []
        self._fleet: dict[WorkerId, WorkerView] = {}

    def add(self, job: Waiting) -> None:
        self._jobs[job.id] = job
        heappush(self._heap, (job.number, job.seq, job.id))

    def remove(self, job_id: JobId) -> Waiting | None:
        return self._jobs.pop(job_id, None)

    def see(self, worker: WorkerView) -> None:
        self._fleet[worker.id] = worker

    def forget(self, worker: WorkerId) -> None:
        self._fleet.pop(worker, None)

    def choose(self, worker: WorkerId, now: Millis) -> Decision:
        view = self._fleet.get(worker)
        if view is None:
            return Decision(None, Reason.NOTHING)
        passed: list[tuple[float, int, JobId]] = []
        found: JobId | None = None
        while self._heap and found is None:
            entry = heappop(self._heap)
            job = self._jobs.get(entry[2])
            if job is None or job.place != entry[:2]:
                continue
            passed.append(entry)
            if self._may_run(job, view, now):
                found = job.id
        for entry in passed:
            heappush(self._heap, entry)
        if found is not None:
            return Decision(found, Reason.COLD)
        later = (job.ready_at for job in self._jobs.values() if job.ready_at > now)
        return Decision(None, Reason.NOTHING, min(later, default=None))

    def take(self, job_id: JobId, worker: WorkerId, now: Millis) -> Waiting | None:
        del worker, now
        return self.remove(job_id)

    def ended(self, job_id: JobId, used_ms: int, now: Millis) -> None:
        """What a tenant has used makes no difference here."""

    def _may_run(self, job: Waiting, worker: WorkerView, now: Millis) -> bool:
        return (
            job.ready_at <= now
            and suits(job.group, worker)
            and not is_excluded(job.group, worker, self._fleet.values())
        )
