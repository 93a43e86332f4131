"""The policy as an index: the answers of `choose()` over tens of thousands of jobs, in little time.

Jobs are kept in groups, and only the first of each group is ever looked at; groups are kept in
lanes, and lanes that cannot win are not looked at.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.scheduling.demand import Demands
from greenroom.domain.scheduling.fleet import LoadTimes, WorkerView
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.queues import GroupQueue, LaneQueue
from greenroom.domain.scheduling.rank import Decision, Reason
from greenroom.domain.scheduling.search import Search
from greenroom.domain.scheduling.situation import Situation, Starts
from greenroom.domain.scheduling.usage import Usage
from greenroom.domain.scheduling.waiting import Lane, Waiting

_TIDY_EVERY = 1_000


class Pool:
    """Implements Policy. `usage`, `loads` and `limits` are shared with whoever made them."""

    def __init__(
        self,
        limits: Limits | None = None,
        usage: Usage | None = None,
        loads: LoadTimes | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.usage = usage or Usage()
        self.loads = loads or LoadTimes()
        self._starts = Starts()
        self._fleet: dict[WorkerId, WorkerView] = {}
        self._lanes: dict[Lane, LaneQueue] = {}
        self._demands = Demands(self.limits, self.loads)
        self._ready: dict[JobId, GroupQueue] = {}
        self._later: dict[JobId, Waiting] = {}
        self._by_time: list[tuple[Millis, int, JobId]] = []
        self._taken = 0

    def __len__(self) -> int:
        return len(self._ready) + len(self._later)

    def __iter__(self) -> Iterator[Waiting]:
        """Every waiting job, in no order."""
        for job_id, queue in self._ready.items():
            yield queue.members[job_id]
        yield from self._later.values()

    def add(self, job: Waiting) -> None:
        self.remove(job.id)
        self._later[job.id] = job
        heappush(self._by_time, (job.ready_at, job.seq, job.id))

    def remove(self, job_id: JobId) -> Waiting | None:
        later = self._later.pop(job_id, None)
        if later is not None:
            return later
        queue = self._ready.pop(job_id, None)
        if queue is None:
            return None
        job = queue.remove(job_id)
        self._demands.remove(job)
        if not queue.members:
            self._drop(queue)
        return job

    def see(self, worker: WorkerView) -> None:
        known = self._fleet.get(worker.id)
        self._fleet[worker.id] = worker
        if known is None or _abilities(known) != _abilities(worker):
            self._forget_abilities(worker.id)
        self._demands.see(worker, known)

    def forget(self, worker: WorkerId) -> None:
        if self._fleet.pop(worker, None) is None:
            return
        self._forget_abilities(worker)
        self._demands.forget(worker)

    def situation(self, now: Millis) -> Situation:
        """What `choose()` needs to give this pool's answers."""
        return Situation(now, self._fleet, self.usage, self._starts, self.limits, self.loads)

    def choose(self, worker: WorkerId, now: Millis) -> Decision:
        view = self._fleet.get(worker)
        if view is None:
            return Decision(None, Reason.NOTHING)
        self._wake(now)
        search = Search(view, self.situation(now))
        open_lanes = [
            (search.outlook(lane), lane.key, lane)
            for lane in self._lanes.values()
            if self.limits.may_run(lane.key.tenant, self.usage.running(lane.key.tenant))
        ]
        for outlook, _, lane in sorted(open_lanes):
            if search.is_settled(outlook):
                break
            search.look_through(lane, outlook)
        return search.decision(self._by_time[0][0] if self._by_time else None)

    def take(self, job_id: JobId, worker: WorkerId, now: Millis) -> Waiting | None:
        job = self.remove(job_id)
        if job is None:
            return None
        view = self._fleet.get(worker)
        lacking = job.needs.models - view.warm if view else job.needs.models
        self.usage.started(job_id, job.tenant, job.run_ms + self.loads.of(lacking), now)
        self._note_start(job, now)
        self._taken += 1
        if self._taken % _TIDY_EVERY == 0:
            self._tidy(now)
        return job

    def ended(self, job_id: JobId, used_ms: int, now: Millis) -> None:
        self.usage.ended(job_id, used_ms, now)

    def _wake(self, now: Millis) -> None:
        """Put the jobs whose time has come into their groups."""
        while self._by_time:
            ready_at, _, job_id = self._by_time[0]
            job = self._later.get(job_id)
            is_current = job is not None and job.ready_at == ready_at
            if is_current and ready_at > now:
                return
            heappop(self._by_time)
            if job is not None and is_current:
                del self._later[job_id]
                self._make_ready(job)

    def _make_ready(self, job: Waiting) -> None:
        lane = self._lanes.get(job.lane)
        if lane is None:
            lane = self._lanes[job.lane] = LaneQueue(job.lane, self._starts.lane(job.lane))
        group = job.group
        demand = self._demands.add(job, self._fleet.values())
        queue = lane.groups.get(group)
        if queue is None:
            started = self._starts.group(group)
            queue = lane.groups[group] = GroupQueue(group, demand, started, job)
        else:
            queue.add(job)
        lane.note_age(job, queue)
        self._ready[job.id] = queue

    def _note_start(self, job: Waiting, now: Millis) -> None:
        self._starts.note(job, now)
        lane = self._lanes.get(job.lane)
        if lane is None:
            return
        lane.started = now
        queue = lane.groups.get(job.group)
        if queue is not None:
            queue.started = now

    def _drop(self, queue: GroupQueue) -> None:
        lane = self._lanes[queue.key.lane]
        del lane.groups[queue.key]
        if not lane.groups:
            del self._lanes[lane.key]

    def _forget_abilities(self, worker: WorkerId) -> None:
        for lane in self._lanes.values():
            for queue in lane.groups.values():
                queue.forget(worker)

    def _tidy(self, now: Millis) -> None:
        """Forget the starts and the use that cannot matter any more."""
        oldest = now - max(self.limits.lane_wait_ms, self.limits.group_wait_ms)
        lanes, groups = self._starts.lanes, self._starts.groups
        for lane in [lane for lane, at in lanes.items() if at < oldest and lane not in self._lanes]:
            del lanes[lane]
        waiting = {key for lane in self._lanes.values() for key in lane.groups}
        for group in [key for key, at in groups.items() if at < oldest and key not in waiting]:
            del groups[group]
        self.usage.forget_idle(now)


def _abilities(worker: WorkerView) -> tuple[object, ...]:
    return (worker.capabilities, worker.labels, worker.slot)
