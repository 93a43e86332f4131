"""How many instances a deployment shall have, and which of them end: a pure function.

More are wanted at once, fewer only when the highest number of late was lower: the peak of the time
for which an instance is kept warm. So a gap between two jobs ends nothing, and instances that take
turns with little work do not keep one another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from greenroom.domain.clock import Millis
from greenroom.domain.scaling.decision import Act, Decision, Move, Reason
from greenroom.domain.scaling.instance import InstanceView, Phase
from greenroom.domain.scaling.memory import Memory
from greenroom.domain.scaling.situation import Situation


class Outcome(NamedTuple):
    decision: Decision
    memory: Memory
    """For the next decision."""


def decide(situation: Situation, memory: Memory) -> Outcome:
    """What to do now. Nothing but the arguments counts."""
    lost = _without_answer(situation)
    known = _without(situation, lost) if lost else situation
    there = _Active.of(known)
    need = _need(known, there, memory)
    memory = memory.with_need(need.wanted, need.short_since, known)
    least, most = known.rule.min_instances, known.rule.max_instances
    up = max(least, min(need.wanted, most))
    down = max(least, min(memory.highest, most))
    if up > there.count:
        outcome = _grow(known, memory, up, need, there)
    elif down < there.count:
        outcome = _shrink(known, memory, down, there)
    else:
        outcome = Outcome(Decision(there.count, _why_steady(known, memory, need, there)), memory)
    if not lost:
        return outcome
    gone = tuple(Move(Act.GIVE_UP, Reason.NO_ANSWER, one.id) for one in lost)
    decision = replace(outcome.decision, moves=(*gone, *outcome.decision.moves))
    return Outcome(decision, outcome.memory)


@dataclass(frozen=True, slots=True)
class _Active:
    """The instances that run jobs, or will."""

    starting: list[InstanceView]
    busy: list[InstanceView]
    idle: list[InstanceView]

    @classmethod
    def of(cls, situation: Situation) -> "_Active":
        ready = situation.those(Phase.READY)
        return cls(
            situation.those(Phase.STARTING),
            [one for one in ready if one.busy],
            [one for one in ready if not one.busy],
        )

    @property
    def count(self) -> int:
        return len(self.starting) + len(self.busy) + len(self.idle)


class _Need(NamedTuple):
    wanted: int
    short_since: Millis | None
    held: bool = False
    """Whether more would be wanted if the jobs had waited a little longer."""


def _need(situation: Situation, there: _Active, memory: Memory) -> _Need:
    """How many instances the jobs of this moment ask for, `min_instances` aside."""
    rule = situation.rule
    free = len(there.idle) + len(there.starting)
    taken = min(situation.waiting, free)
    count, left = there.count, situation.waiting - taken
    more = 0
    while count + more < rule.max_instances and left - more >= max(
        1, rule.queue_size * (count + more)
    ):
        more += 1
    wanted = len(there.busy) + taken
    if not more:
        return _Need(wanted, None)
    since = situation.now if memory.short_since is None else memory.short_since
    if count and situation.now - since < situation.pace.patience_ms:
        return _Need(wanted, since, held=True)
    return _Need(wanted + more, since)


def _grow(
    situation: Situation, memory: Memory, desired: int, need: _Need, there: _Active
) -> Outcome:
    reason = Reason.QUEUE if need.wanted >= desired else Reason.MINIMUM
    missing = desired - there.count
    back = sorted(situation.those(Phase.DRAINING), key=lambda one: -one.since)[:missing]
    moves = [Move(Act.RECALL, reason, one.id) for one in back]
    missing -= len(moves)
    if missing and situation.now < situation.failures.again_at(situation.pace):
        return Outcome(Decision(desired, Reason.FAILING, tuple(moves)), memory)
    starts = missing if situation.room is None else min(missing, situation.room)
    why = Reason.REBOUND if reason is Reason.QUEUE and memory.rebounds(situation) else reason
    moves += [Move(Act.START, why)] * starts
    if starts and why is Reason.REBOUND:
        memory = memory.rebounded(situation.now)
    told = Reason.NO_ROOM if starts < missing else reason
    return Outcome(Decision(desired, told, tuple(moves)), memory)


def _shrink(situation: Situation, memory: Memory, desired: int, there: _Active) -> Outcome:
    """Let go first those without work for longest; others only when there are too many for good."""
    surplus = there.count - desired
    idle = sorted(there.idle, key=lambda one: (one.since, one.id))[:surplus]
    reason = Reason.PRESSED if situation.pressed else Reason.IDLE
    forced = max(there.count - situation.rule.max_instances, 0)
    if forced:
        reason = Reason.MAXIMUM if situation.rule.max_instances else Reason.OFF
    moves = _drains(idle, reason)
    others = [*_youngest_first(there.starting), *_youngest_first(there.busy)]
    moves += _drains(others[: max(forced - len(idle), 0)], reason)
    if moves and not forced:
        memory = memory.let_go(situation)
    told = reason if moves else Reason.STEADY
    return Outcome(Decision(there.count - len(moves), told, tuple(moves)), memory)


def _why_steady(situation: Situation, memory: Memory, need: _Need, there: _Active) -> Reason:
    if need.held:
        return Reason.PATIENCE
    if situation.waiting and there.count >= situation.rule.max_instances:
        return Reason.FULL if situation.rule.max_instances else Reason.OFF
    if there.idle and there.count > max(need.wanted, situation.rule.min_instances):
        return Reason.STEADIED if memory.flaps(situation) else Reason.WARM
    return Reason.STEADY


def _without_answer(situation: Situation) -> list[InstanceView]:
    limit = situation.pace.start_limit_ms
    starting = situation.those(Phase.STARTING)
    return [one for one in starting if situation.now - one.since >= limit]


def _without(situation: Situation, lost: list[InstanceView]) -> Situation:
    rest = tuple(one for one in situation.instances if one not in lost)
    return replace(situation, instances=rest)


def _youngest_first(instances: Iterable[InstanceView]) -> list[InstanceView]:
    return sorted(instances, key=lambda one: (-one.since, one.id))


def _drains(instances: Iterable[InstanceView], reason: Reason) -> list[Move]:
    return [Move(Act.DRAIN, reason, one.id) for one in instances]
