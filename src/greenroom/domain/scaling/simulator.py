"""Replays a trace of jobs for one deployment in virtual time, and scales it by the policy."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.ids import WorkerId
from greenroom.domain.scaling.decision import Act, Decision
from greenroom.domain.scaling.instance import InstanceView, Phase
from greenroom.domain.scaling.memory import Memory
from greenroom.domain.scaling.policy import decide
from greenroom.domain.scaling.rule import Rule
from greenroom.domain.scaling.situation import Pace, Situation
from greenroom.domain.scheduling.trace import TraceJob

_START = Millis(1_000_000_000)
_STEP_MS = 1_000
"""Between two decisions, as the server takes them."""


@dataclass(slots=True)
class Life:
    """One instance, as it went. Times are milliseconds from the start of the trace."""

    id: WorkerId
    began_ms: int
    ready_ms: int
    ended_ms: int | None = None
    busy_ms: int = 0
    busy_until: int | None = None
    idle_since: int = 0
    draining: bool = False

    def view(self, now_ms: int) -> InstanceView:
        return InstanceView(
            self.id, self._phase(now_ms), Millis(_START + max(self.idle_since, self.began_ms)),
            busy=self.busy_until is not None,
        )  # fmt: skip

    def _phase(self, now_ms: int) -> Phase:
        if self.draining:
            return Phase.DRAINING
        return Phase.READY if now_ms >= self.ready_ms else Phase.STARTING


@dataclass(frozen=True, slots=True)
class Step:
    """A decision that moved something."""

    at_ms: int
    decision: Decision
    there: int
    """Instances that started or ran before it."""


@dataclass(frozen=True, slots=True)
class Replay:
    waits_ms: list[int]
    """One for each job of the trace, in the order in which they started."""
    lives: list[Life]
    steps: list[Step]
    most: int
    """So many instances there were at once, those that drained among them."""
    ended_ms: int


class ScalingSimulator:
    def __init__(self, rule: Rule, start_ms: int = 60_000, pace: Pace | None = None) -> None:
        self._rule = rule
        self._start_ms = start_ms
        self._pace = pace or Pace()
        self._memory = Memory()
        self._lives: list[Life] = []
        self._there: list[Life] = []
        self._waiting: deque[TraceJob] = deque()
        self._waits: list[int] = []
        self._steps: list[Step] = []
        self._most = 0

    def run(self, trace: Sequence[TraceJob]) -> Replay:
        """The whole trace, and what comes after until nothing is left to let go."""
        coming = deque(sorted(trace, key=lambda job: job.at_ms))
        now = 0
        while True:
            self._until(now, coming)
            self._decide(now)
            self._give_out(now)
            self._most = max(self._most, len(self._there))
            if not coming and not self._waiting and self._settled(now):
                return Replay(self._waits, self._lives, self._steps, self._most, now)
            now += _STEP_MS

    def _until(self, now: int, coming: deque[TraceJob]) -> None:
        """Let happen what happens up to `now`, in its order."""
        while True:
            moments = [one.busy_until for one in self._there if one.busy_until is not None]
            moments += [one.ready_ms for one in self._there if one.idle_since < one.ready_ms]
            moments += [coming[0].at_ms] if coming else []
            at = min(moments, default=now + 1)
            if at > now:
                return
            for one in self._there:
                if one.busy_until == at:
                    one.busy_until, one.idle_since = None, at
                if one.ready_ms == at and one.idle_since < at:
                    one.idle_since = at
            while coming and coming[0].at_ms <= at:
                self._waiting.append(coming.popleft())
            self._give_out(at)

    def _give_out(self, at: int) -> None:
        """Every waiting job to the instance that has been without work for longest."""
        free = [
            one for one in self._there
            if one.ready_ms <= at and one.busy_until is None and not one.draining
        ]  # fmt: skip
        for one in sorted(free, key=lambda one: one.idle_since):
            if not self._waiting:
                return
            job = self._waiting.popleft()
            self._waits.append(at - job.at_ms)
            one.busy_ms += job.run_ms
            one.busy_until = at + job.run_ms
            if not job.run_ms:
                one.busy_until, one.idle_since = None, at

    def _decide(self, now: int) -> None:
        situation = Situation(
            Millis(_START + now), self._rule, len(self._waiting),
            tuple(one.view(now) for one in self._there),
            start_ms=self._start_ms if self._lives else None, pace=self._pace,
        )  # fmt: skip
        active = sum(not one.draining for one in self._there)
        decision, self._memory = decide(situation, self._memory)
        if decision.moves:
            self._steps.append(Step(now, decision, active))
        for move in decision.moves:
            if move.act is Act.START:
                self._begin(now)
                continue
            life = next(one for one in self._there if one.id == move.instance)
            life.draining = move.act is not Act.RECALL
        for one in [one for one in self._there if one.draining and one.busy_until is None]:
            one.ended_ms = now
            self._there.remove(one)

    def _begin(self, now: int) -> None:
        worker = WorkerId(f"instance-{len(self._lives) + 1}")
        life = Life(worker, now, now + self._start_ms, idle_since=now)
        self._lives.append(life)
        self._there.append(life)

    def _settled(self, now: int) -> bool:
        idle = all(one.busy_until is None and one.ready_ms <= now for one in self._there)
        return idle and len(self._there) <= self._rule.min_instances
