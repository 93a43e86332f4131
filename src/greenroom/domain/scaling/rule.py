"""What a deployment asks of its scaling."""

from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode

MOST_MINIMUM = 30
MOST_INSTANCES = 60
LONGEST_WARM_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    min_instances: int = 0
    """So many are there even when nothing is to do."""
    max_instances: int = 1
    queue_size: int = 1
    """Jobs that wait for each instance before another one starts; with 0, none shall wait."""
    keep_warm_ms: int = 60_000
    """How long an instance without work stays."""

    def check(self) -> None:
        """BAD_REQUEST names a number that cannot be."""
        _within("min_instances", self.min_instances, 0, MOST_MINIMUM)
        _within("max_instances", self.max_instances, 1, MOST_INSTANCES)
        _within("queue_size", self.queue_size, 0, None)
        _within("keep_warm_duration_in_seconds", self.keep_warm_ms // 1000, 0, LONGEST_WARM_S)
        if self.max_instances < self.min_instances:
            told = f"max_instances is {self.max_instances}, less than min_instances"
            raise AppError(ErrorCode.BAD_REQUEST, told, {"field": "max_instances"})


NOTHING = Rule(max_instances=0)
"""Of a deployment that is switched off or deleted."""


def _within(name: str, value: int, least: int, most: int | None) -> None:
    if value < least or (most is not None and value > most):
        upper = "more" if most is None else str(most)
        told = f"{name} is {value}, not {least} to {upper}"
        raise AppError(ErrorCode.BAD_REQUEST, told, {"field": name})
