"""The policy as one plain function over all waiting jobs."""

from collections import defaultdict
from collections.abc import Iterable

from greenroom.domain.clock import Millis
from greenroom.domain.needs import Needs
from greenroom.domain.scheduling import rank
from greenroom.domain.scheduling.affinity import Tier, tier, warm_workers
from greenroom.domain.scheduling.filters import bar
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.rank import Decision, Hunger, Rank, Reason
from greenroom.domain.scheduling.situation import Situation
from greenroom.domain.scheduling.waiting import Group, Waiting

_LOOK_AGAIN_MS = 5_000


def choose(waiting: Iterable[Waiting], worker: WorkerView, situation: Situation) -> Decision:
    """Which of the waiting jobs the worker should run now.

    `scheduling.pool.Pool` gives the same answers without looking at every job.
    """
    jobs = list(waiting)
    ready = [job for job in jobs if job.ready_at <= situation.now]
    again = [job.ready_at for job in jobs if job.ready_at > situation.now]
    backlog: dict[Needs, int] = defaultdict(int)
    for job in ready:
        backlog[job.needs] += job.run_ms
    best: tuple[Rank, Waiting] | None = None
    held = False
    for group, head in _heads(ready).items():
        if bar(head, worker, situation) is not None:
            continue
        warm = warm_workers(group.needs, situation)
        standing = tier(head, group, worker, warm, backlog[group.needs], situation)
        hungry = _hunger(head, group, situation)
        if standing is Tier.HELD and not hungry.overdue(situation.now, situation.limits):
            held = True
            again.append(ask_again_at(hungry, situation))
            continue
        found = _rank(head, standing, hungry, worker, situation)
        if best is None or found < best[0]:
            best = (found, head)
    if best is not None:
        return Decision(best[1].id, best[0].reason)
    return Decision(None, Reason.HELD if held else Reason.NOTHING, min(again, default=None))


def ask_again_at(hungry: Hunger, situation: Situation) -> Millis:
    """When to ask again for a held job, which may take longer where it is than was thought."""
    let_go_at = hungry.group + situation.limits.group_wait_ms
    return Millis(min(let_go_at, situation.now + _LOOK_AGAIN_MS))


def _heads(ready: Iterable[Waiting]) -> dict[Group, Waiting]:
    heads: dict[Group, Waiting] = {}
    for job in ready:
        group = job.group
        if group not in heads or job.place < heads[group].place:
            heads[group] = job
    return heads


def _hunger(head: Waiting, group: Group, situation: Situation) -> Hunger:
    starts = situation.starts
    return rank.hunger(head, starts.lane(group.lane), starts.group(group))


def _rank(
    head: Waiting, standing: Tier, hungry: Hunger, worker: WorkerView, situation: Situation
) -> Rank:
    return rank.rank(
        head,
        Tier.SHARED if standing is Tier.HELD else standing,
        hungry,
        rank.share(head.tenant, situation),
        situation,
        stays=rank.in_turn(worker, situation),
    )
