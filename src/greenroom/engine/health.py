"""Whether an engine can be trusted with a run: up, down, or answering without running anything."""

from dataclasses import dataclass
from enum import StrEnum


class HealthStatus(StrEnum):
    UP = "up"
    DOWN = "down"
    STALLED = "stalled"
    """It answers, but nothing runs any more."""


@dataclass(frozen=True, slots=True)
class Health:
    status: HealthStatus
    reason: str = ""

    @property
    def is_up(self) -> bool:
        return self.status is HealthStatus.UP
