"""The order in which a worker takes what it may have."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.scheduling.affinity import Tier
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.situation import Situation
from greenroom.domain.scheduling.waiting import Waiting


class Reason(StrEnum):
    """Why a job was chosen, or why none was."""

    STARVED = "its tenant was passed over for as long as is allowed"
    OVERDUE = "its models were passed over for as long as is allowed, or it asked for the front"
    WARM = "its models are loaded"
    COLD = "no job suits the loaded models better"
    NOTHING = "no job that waits may run here"
    HELD = "another worker will sooner have done the jobs that wait"


@dataclass(frozen=True, slots=True)
class Decision:
    job_id: JobId | None
    reason: Reason
    again_at: Millis | None = None
    """When no job was chosen: the time from which asking again may give one."""


class Rank(NamedTuple):
    """What goes first is smaller; False is smaller than True."""

    fed: bool
    """A job of its lane started not long ago, or it has not waited for long itself."""
    priority: int
    turns: bool
    """It would end the turn of the models that the worker has just loaded."""
    share: int
    """What its tenant has used, in whole shares."""
    in_time: bool
    """Its group was not passed over for too long, nor does it ask to go to the front."""
    hungry_since: int
    """Among the overdue, since when; else 0."""
    tier: Tier
    number: float
    seq: int

    @property
    def reason(self) -> Reason:
        if not self.fed:
            return Reason.STARVED
        if not self.in_time:
            return Reason.OVERDUE
        return Reason.WARM if self.tier is Tier.WARM else Reason.COLD


@dataclass(frozen=True, slots=True)
class Hunger:
    """Since when jobs like this one have waited without one of them being started."""

    lane: Millis
    group: Millis

    def fed(self, now: Millis, limits: Limits) -> bool:
        return now - self.lane < limits.lane_wait_ms

    def overdue(self, now: Millis, limits: Limits) -> bool:
        return now - self.group >= limits.group_wait_ms


def hunger(head: Waiting, lane_start: Millis, group_start: Millis) -> Hunger:
    return Hunger(max(head.ready_at, lane_start), max(head.ready_at, group_start))


def share(tenant: TenantId, situation: Situation) -> int:
    used = situation.usage.used_ms(tenant, situation.now)
    weight = situation.limits.weights.get(tenant, 1.0)
    return int(used / weight // situation.limits.share_ms)


def in_turn(worker: WorkerView, situation: Situation) -> bool:
    """Whether the worker has loaded models so lately that it should make use of them first."""
    since = worker.warm_since
    return since is not None and situation.now - since < situation.limits.turn_ms


def rank(head: Waiting, tier: Tier, hungry: Hunger, its_share: int, situation: Situation,
         *, stays: bool) -> Rank:  # fmt: skip
    """Where the first job of a group stands; `stays` says whether the worker is in its turn."""
    front = head.number < 0
    overdue = hungry.overdue(situation.now, situation.limits)
    return Rank(
        fed=hungry.fed(situation.now, situation.limits),
        priority=int(head.priority),
        turns=stays and tier is not Tier.WARM and not front,
        share=its_share,
        in_time=not (overdue or front),
        hungry_since=hungry.group if overdue and not front else 0,
        tier=tier,
        number=head.number,
        seq=head.seq,
    )
