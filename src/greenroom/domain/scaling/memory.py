"""What the policy remembers of its earlier decisions, so that load that flaps does not thrash."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from greenroom.domain.clock import Millis
from greenroom.domain.scaling.situation import Situation


class Level(NamedTuple):
    """So many instances were wanted, and until when that was so."""

    until: Millis
    wanted: int


@dataclass(frozen=True, slots=True)
class Memory:
    levels: tuple[Level, ...] = ()
    """The highest of late: each is lower than the one before, and was so for longer."""
    short_since: Millis | None = None
    """Since when jobs wait for another instance."""
    ended_at: Millis | None = None
    """When the keep-warm time of the last instance that was let go was over."""
    rebound_at: Millis | None = None
    """When load last came back so soon after such an end that keeping the instance costs less."""

    def flaps(self, situation: Situation) -> bool:
        """Whether load came back too soon, not long ago."""
        if self.rebound_at is None:
            return False
        calm_ms = situation.pace.calm_starts * situation.cold_start_ms
        return situation.now - self.rebound_at <= calm_ms

    def longer_ms(self, situation: Situation) -> int:
        """How much longer than asked for an instance without work stays.

        The time of a start: so whatever comes, at most twice of what is needed is spent.
        """
        return situation.cold_start_ms if self.flaps(situation) else 0

    def with_need(self, wanted: int, short_since: Millis | None, situation: Situation) -> "Memory":
        """`wanted` instances are needed now. What is too old to count is forgotten."""
        now, keep = situation.now, situation.rule.keep_warm_ms
        # A server that has just begun knows of no need, so what is there counts as needed.
        levels = list(self.levels) or [Level(now, len(situation.instances))]
        if levels[-1].wanted > wanted:
            levels[-1] = Level(now, levels[-1].wanted)
        warm_ms = 0 if situation.pressed else keep + self.longer_ms(situation)
        older = [level for level in levels if level.wanted > wanted and level.until > now - warm_ms]
        rebound_at = now if self._saved_a_start(wanted, situation) else self.rebound_at
        return Memory((*older, Level(now, wanted)), short_since, self.ended_at, rebound_at)

    def _saved_a_start(self, wanted: int, situation: Situation) -> bool:
        """Whether an instance is needed that is there only because it was kept for longer."""
        if not self.levels or not self.flaps(situation):
            return False
        natural = situation.now - situation.rule.keep_warm_ms
        asked_for = max((one.wanted for one in self.levels if one.until > natural), default=0)
        return asked_for < wanted <= self.highest

    @property
    def highest(self) -> int:
        return self.levels[0].wanted if self.levels else 0

    def rebounds(self, situation: Situation) -> bool:
        """Whether a start now comes so soon that keeping the last instance would have cost less."""
        if self.ended_at is None:
            return False
        return situation.now - self.ended_at <= situation.cold_start_ms

    def rebounded(self, now: Millis) -> "Memory":
        return replace(self, rebound_at=now)

    def let_go(self, situation: Situation) -> "Memory":
        """An instance was not needed for so long that it ends now."""
        return replace(self, ended_at=Millis(situation.now - self.longer_ms(situation)))
