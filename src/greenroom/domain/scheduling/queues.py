"""Waiting jobs in lanes and groups, each with what does not change between two questions."""

from heapq import heapify, heappop, heappush
from itertools import count

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.scheduling.demand import Demand
from greenroom.domain.scheduling.filters import suits
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.waiting import Group, Lane, Waiting

_SLACK = 64


class GroupQueue:
    """The jobs of one group in their order. It is never asked for its first when it is empty.

    Removed jobs stay in the heap until they come to its top.
    """

    __slots__ = ("_heap", "_suits", "demand", "first", "key", "members", "started")

    def __init__(self, key: Group, demand: Demand, started: Millis, first: Waiting) -> None:
        self.key = key
        self.demand = demand
        self.started = started
        """When a job of the group was started last."""
        self.first = first
        self.members = {first.id: first}
        self._heap = [(first.number, first.seq, first.id)]
        self._suits: dict[WorkerId, bool] = {}

    def add(self, job: Waiting) -> None:
        self.members[job.id] = job
        heappush(self._heap, (job.number, job.seq, job.id))
        if job.place < self.first.place:
            self.first = job
        if len(self._heap) > 2 * len(self.members) + _SLACK:
            self._heap = [(one.number, one.seq, one.id) for one in self.members.values()]
            heapify(self._heap)

    def remove(self, job_id: JobId) -> Waiting:
        """The job, which must be here; the group may be empty afterwards."""
        job = self.members.pop(job_id)
        while self.first.id == job_id and self.members:
            number, seq, first_id = self._heap[0]
            found = self.members.get(first_id)
            if found is not None and found.place == (number, seq):
                self.first = found
                break
            heappop(self._heap)
        return job

    def suits(self, worker: WorkerView) -> bool:
        known = self._suits.get(worker.id)
        if known is None:
            known = self._suits[worker.id] = suits(self.key, worker)
        return known

    def forget(self, worker: WorkerId) -> None:
        """The worker has changed in what it can run."""
        self._suits.pop(worker, None)


class LaneQueue:
    """The groups of one lane."""

    __slots__ = ("_by_age", "_count", "groups", "key", "started")

    def __init__(self, key: Lane, started: Millis) -> None:
        self.key = key
        self.started = started
        """When a job of the lane was started last."""
        self.groups: dict[Group, GroupQueue] = {}
        self._by_age: list[tuple[Millis, int, JobId, GroupQueue]] = []
        self._count = count()

    def note_age(self, job: Waiting, queue: GroupQueue) -> None:
        """A job has come into one of the groups."""
        heappush(self._by_age, (job.ready_at, next(self._count), job.id, queue))

    def oldest(self) -> Millis:
        """Since when the job that has waited longest is ready. The lane must not be empty."""
        while True:
            ready_at, _, job_id, queue = self._by_age[0]
            job = queue.members.get(job_id)
            if job is not None and job.ready_at == ready_at:
                return ready_at
            heappop(self._by_age)
