"""One question to the index: the best job for one worker at one time."""

from typing import NamedTuple

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.scheduling import rank
from greenroom.domain.scheduling.affinity import Tier, tier
from greenroom.domain.scheduling.choose import ask_again_at
from greenroom.domain.scheduling.filters import is_excluded
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.queues import GroupQueue, LaneQueue
from greenroom.domain.scheduling.rank import Decision, Rank, Reason
from greenroom.domain.scheduling.situation import Situation


class Outlook(NamedTuple):
    """The best that any job of a lane can reach: the first fields of a Rank."""

    fed: bool
    priority: int
    turns: bool
    share: int


class Search:
    def __init__(self, worker: WorkerView, situation: Situation) -> None:
        self._worker = worker
        self._situation = situation
        self._stays = rank.in_turn(worker, situation)
        self._best: Rank | None = None
        self._job_id: JobId | None = None
        self._held_until: Millis | None = None

    def outlook(self, lane: LaneQueue) -> Outlook:
        waited = self._situation.now - max(lane.oldest(), lane.started)
        return Outlook(
            waited < self._situation.limits.lane_wait_ms,
            int(lane.key.priority),
            turns=False,
            share=rank.share(lane.key.tenant, self._situation),
        )

    def is_settled(self, outlook: Outlook) -> bool:
        """Whether no lane with this outlook, or with a worse one, can change the answer."""
        return self._best is not None and self._best[: len(outlook)] < outlook

    def look_through(self, lane: LaneQueue, outlook: Outlook) -> None:
        """Consider the first job of each group.

        Most groups are dismissed by the best that they could be: this loop is what a question
        costs when there are many of them, so it calls nothing that it can do without.
        """
        worker_id, stays = self._worker.id, self._stays
        now, limits = self._situation.now, self._situation.limits
        starved_before, overdue_before = now - limits.lane_wait_ms, now - limits.group_wait_ms
        started, priority, share = lane.started, outlook.priority, outlook.share
        for queue in lane.groups.values():
            best = self._best
            if best is not None:
                head = queue.first
                number, ready_at = head.number, head.ready_at
                front = number < 0
                since = max(queue.started, ready_at)
                overdue = since <= overdue_before
                warm = worker_id in queue.demand.warm or not queue.key.needs.models
                hoped = (
                    ready_at > starved_before or started > starved_before,
                    priority,
                    stays and not (warm or front),
                    share,
                    not (overdue or front),
                    since if overdue and not front else 0,
                    Tier.WARM if warm else Tier.COLD,
                    number,
                    head.seq,
                )
                if hoped > best:
                    continue
            self._consider(lane, queue, share)

    def decision(self, next_ready_at: Millis | None) -> Decision:
        """The answer; `next_ready_at` is when the next job becomes ready."""
        if self._best is not None:
            return Decision(self._job_id, self._best.reason)
        times = [at for at in (self._held_until, next_ready_at) if at is not None]
        reason = Reason.NOTHING if self._held_until is None else Reason.HELD
        return Decision(None, reason, min(times, default=None))

    def _consider(self, lane: LaneQueue, queue: GroupQueue, share: int) -> None:
        worker, situation = self._worker, self._situation
        if not queue.suits(worker):
            return
        if queue.key.excluded and is_excluded(queue.key, worker, situation.fleet.values()):
            return
        head = queue.first
        standing = self._standing(queue)
        hungry = rank.hunger(head, lane.started, queue.started)
        if standing is Tier.HELD:
            if not hungry.overdue(situation.now, situation.limits):
                self._hold(ask_again_at(hungry, situation))
                return
            standing = Tier.SHARED
        found = rank.rank(head, standing, hungry, share, situation, stays=self._stays)
        if self._best is None or found < self._best:
            self._best, self._job_id = found, head.id

    def _standing(self, queue: GroupQueue) -> Tier:
        demand, fleet = queue.demand, self._situation.fleet
        warm = [fleet[worker] for worker in demand.warm]
        return tier(queue.first, queue.key, self._worker, warm, demand.backlog_ms, self._situation)

    def _hold(self, until: Millis) -> None:
        if self._held_until is None or until < self._held_until:
            self._held_until = until
