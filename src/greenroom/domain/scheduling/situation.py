"""Everything beside the waiting jobs that a choice depends on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from greenroom.domain.clock import Millis
from greenroom.domain.ids import WorkerId
from greenroom.domain.scheduling.fleet import LoadTimes, WorkerView
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.usage import Usage
from greenroom.domain.scheduling.waiting import Group, Lane, Waiting

_NEVER = Millis(0)


@dataclass(frozen=True, slots=True)
class Starts:
    """When a job of each lane and of each group was started last."""

    lanes: dict[Lane, Millis] = field(default_factory=dict)
    groups: dict[Group, Millis] = field(default_factory=dict)

    def note(self, job: Waiting, now: Millis) -> None:
        self.lanes[job.lane] = self.groups[job.group] = now

    def lane(self, lane: Lane) -> Millis:
        return self.lanes.get(lane, _NEVER)

    def group(self, group: Group) -> Millis:
        return self.groups.get(group, _NEVER)


@dataclass(frozen=True, slots=True)
class Situation:
    now: Millis
    fleet: Mapping[WorkerId, WorkerView]
    usage: Usage
    starts: Starts
    limits: Limits
    loads: LoadTimes
