"""How well a job suits what a worker has loaded, and whether it should wait for another worker."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from greenroom.domain.needs import Needs
from greenroom.domain.scheduling.filters import is_excluded, suits
from greenroom.domain.scheduling.fleet import LoadTimes, Slot, WorkerView
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.situation import Situation
from greenroom.domain.scheduling.waiting import Group, Waiting


class Tier(IntEnum):
    """The smaller, the sooner the worker takes the job."""

    WARM = 0
    """Nothing needs to be loaded, or next to nothing."""
    COLD = 1
    SHARED = 2
    """Another worker is warm for it, but there is more to do than that worker can keep up with."""
    HELD = 3
    """Another worker will have it done sooner; it is left to that one for a while."""


def is_warm(needs: Needs, worker: WorkerView, limits: Limits, loads: LoadTimes) -> bool:
    lacking = needs.models - worker.warm
    return not lacking or loads.of(lacking) <= limits.near_ms


def warm_workers(needs: Needs, situation: Situation) -> list[WorkerView]:
    """The workers that have the models of a job, when it has any."""
    if not needs.models:
        return []
    limits, loads = situation.limits, situation.loads
    return [one for one in situation.fleet.values() if is_warm(needs, one, limits, loads)]


def tier(  # noqa: PLR0917 - the index computes some of these ahead
    head: Waiting,
    group: Group,
    worker: WorkerView,
    warm: Sequence[WorkerView],
    backlog_ms: int,
    situation: Situation,
) -> Tier:
    """Where the job stands with the worker.

    `warm` is what warm_workers() gives, `backlog_ms` the run time of all the jobs that are ready
    and have the same needs.
    """
    if group.needs.partner_only and worker.slot is Slot.GPU:
        network = (other for other in situation.fleet.values() if other.slot is Slot.NETWORK)
        return Tier.HELD if _any_takes(group, network, situation) else Tier.WARM
    if not group.needs.models or worker.id in {one.id for one in warm}:
        return Tier.WARM
    others = [other for other in warm if _any_takes(group, [other], situation)]
    if not others:
        return Tier.COLD
    begun = min(other.wait_ms(situation.now) for other in others)
    wait_ms = begun + (backlog_ms - head.run_ms) / len(others)
    load_ms = situation.loads.of(group.needs.models - worker.warm)
    return Tier.HELD if wait_ms < load_ms else Tier.SHARED


def _any_takes(group: Group, workers: Iterable[WorkerView], situation: Situation) -> bool:
    return any(
        suits(group, worker) and not is_excluded(group, worker, situation.fleet.values())
        for worker in workers
    )
