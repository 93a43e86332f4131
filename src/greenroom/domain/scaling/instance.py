"""An instance: a worker that exists because a deployment needs it."""

from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.ids import WorkerId


class Phase(StrEnum):
    STARTING = "starting"
    """It does not answer: not yet, or not any more."""
    READY = "ready"
    DRAINING = "draining"
    """It finishes what it runs and takes nothing more; it can still be called back."""
    ENDING = "ending"
    """It is being stopped, and does not come back."""


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance as the policy sees it. Its id is that of its worker."""

    id: WorkerId
    phase: Phase
    since: Millis
    """When the phase began; of a ready one, when it last became idle."""
    busy: bool = False
