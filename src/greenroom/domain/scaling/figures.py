"""What a replay of scaling came to, in a few numbers."""

from dataclasses import asdict, dataclass

from greenroom.domain.json import JsonValue
from greenroom.domain.scaling.decision import Act, Reason
from greenroom.domain.scaling.simulator import Replay


@dataclass(frozen=True, slots=True)
class ScalingFigures:
    jobs: int
    wait_p50_s: float
    wait_p95_s: float
    wait_max_s: float
    most_instances: int
    cold_starts: int
    thrash: int
    """Starts so soon after an end that keeping the instance would have cost less."""
    instance_hours: float
    starting_share: float
    """Of the instances' time, what went into starting."""
    busy_share: float
    warm_share: float
    """What they stood ready without work."""

    def as_json(self) -> dict[str, JsonValue]:
        return asdict(self)


def measure(replay: Replay) -> ScalingFigures:
    """The figures of a replay. It must hold at least one job."""
    waits = sorted(replay.waits_ms)
    lives = [(one, replay.ended_ms if one.ended_ms is None else one.ended_ms)
             for one in replay.lives]  # fmt: skip
    total = sum(end - one.began_ms for one, end in lives)
    starting = sum(min(one.ready_ms, end) - one.began_ms for one, end in lives)
    busy = sum(one.busy_ms for one, _ in lives)
    whole = max(total, 1)
    return ScalingFigures(
        jobs=len(waits),
        wait_p50_s=waits[len(waits) // 2] / 1000,
        wait_p95_s=waits[min(len(waits) * 95 // 100, len(waits) - 1)] / 1000,
        wait_max_s=waits[-1] / 1000,
        most_instances=replay.most,
        cold_starts=len(lives),
        thrash=sum(
            move.reason is Reason.REBOUND
            for step in replay.steps
            for move in step.decision.those(Act.START)
        ),
        instance_hours=total / 3_600_000,
        starting_share=starting / whole,
        busy_share=busy / whole,
        warm_share=(total - starting - busy) / whole,
    )
