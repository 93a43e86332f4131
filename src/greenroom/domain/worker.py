"""A worker: something that claims jobs and runs them on one engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId


class WorkerStatus(StrEnum):
    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    """The engine does not answer; the reason says why. It comes back by itself."""
    PAUSED = "paused"
    DRAINING = "draining"
    """Finishes what it runs and takes nothing more."""
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Worker:
    id: WorkerId
    kind: str
    """cpu, comfyui or remote."""
    url: str | None
    status: WorkerStatus
    reason: str | None
    last_seen_at: Millis
    jobs: tuple[JobId, ...] = ()
    """What it runs now."""
    labels: Mapping[str, str] = field(default_factory=dict)
    added: bool = False
    """Added while a server ran, and there again after a restart."""
