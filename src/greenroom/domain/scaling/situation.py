"""Everything that a decision on scaling depends on, beside what was decided before."""

from dataclasses import dataclass, field

from greenroom.domain.clock import Millis
from greenroom.domain.scaling.instance import InstanceView, Phase
from greenroom.domain.scaling.rule import Rule


@dataclass(frozen=True, slots=True)
class Pace:
    """The numbers that the policy turns on, in milliseconds."""

    patience_ms: int = 2_000
    """How long jobs wait, with instances there, before another is started for them."""
    usual_start_ms: int = 60_000
    """How long a start takes while none was measured."""
    start_limit_ms: int = 900_000
    """After so long without an answer, an instance is given up."""
    first_pause_ms: int = 5_000
    """After a failed start; twice as long after each one that follows."""
    longest_pause_ms: int = 300_000
    calm_starts: int = 10
    """How many times the length of a start without flapping make it calm again."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Starts that failed, one after the other, since the last that came out well."""

    count: int = 0
    at: Millis | None = None
    """When the last one did."""

    def again_at(self, pace: Pace) -> Millis:
        """Until then, nothing is started."""
        if self.at is None:
            return Millis(0)
        pause = min(pace.first_pause_ms << min(max(self.count - 1, 0), 16), pace.longest_pause_ms)
        return Millis(self.at + pause)


@dataclass(frozen=True, slots=True)
class Situation:
    now: Millis
    rule: Rule
    waiting: int
    """Jobs of the deployment that wait for an instance."""
    instances: tuple[InstanceView, ...] = ()
    start_ms: int | None = None
    """How long a start takes, as measured."""
    room: int | None = None
    """How many more the provider can start now; None when nothing limits it."""
    pressed: bool = False
    """Whether others wait for the room that these instances take."""
    failures: Failures = field(default_factory=Failures)
    pace: Pace = field(default_factory=Pace)

    @property
    def cold_start_ms(self) -> int:
        return self.pace.usual_start_ms if self.start_ms is None else self.start_ms

    def those(self, phase: Phase) -> list[InstanceView]:
        return [one for one in self.instances if one.phase is phase]
