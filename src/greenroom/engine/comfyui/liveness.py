"""Whether ComfyUI can be trusted with a run: up, down, or answering without running anything."""

from collections.abc import Callable

from greenroom.engine.comfyui.http import QueueLook
from greenroom.engine.health import Health, HealthStatus

__all__ = ["Health", "HealthStatus", "Liveness"]


class Liveness:
    """The engine's present health, and what it takes to change it."""

    def __init__(self, on_change: Callable[[Health], None] | None = None) -> None:
        self.on_change = on_change
        self._stuck: frozenset[str] = frozenset()
        self.health = Health(HealthStatus.DOWN, "not contacted yet")

    @property
    def is_stalled(self) -> bool:
        return self.health.status is HealthStatus.STALLED

    def up(self) -> None:
        self._stuck = frozenset()
        self._become(Health(HealthStatus.UP))

    def down(self, reason: str) -> None:
        self._stuck = frozenset()
        self._become(Health(HealthStatus.DOWN, reason))

    def stalled(self, reason: str, stuck: frozenset[str]) -> None:
        """`stuck` are the prompts that ComfyUI claims to run."""
        self._stuck = stuck
        self._become(Health(HealthStatus.STALLED, reason))

    def may_recover(self, look: QueueLook) -> bool:
        """Whether there is a reason to try again: it answers, and what was stuck is gone."""
        return self.health.status is not HealthStatus.UP and not (self._stuck & look.running)

    def _become(self, health: Health) -> None:
        if health == self.health:
            return
        self.health = health
        if self.on_change is not None:
            self.on_change(health)
