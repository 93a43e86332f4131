"""An instance: a worker that exists because a deployment needs it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeploymentId, TenantId, WorkerId, new_worker_id

DIALS_IN = ""
"""In place of a URL: the instance's own worker connects to the server."""
_KIND = "instance"


def new_instance_id() -> WorkerId:
    return new_worker_id(_KIND)


def is_instance(worker: WorkerId) -> bool:
    """Whether a worker of that id exists for a deployment."""
    return worker.startswith(f"{_KIND}-")


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


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance from its start to its end, as it is kept."""

    id: WorkerId
    tenant: TenantId
    deployment: DeploymentId
    home: str
    """The server that started it."""
    phase: Phase
    since: Millis
    """When the phase began; of a ready one, when it last became idle."""
    started_at: Millis
    ready_at: Millis | None = None
    """When it answered first; None of one whose start failed."""
    ended_at: Millis | None = None
    url: str | None = None
    """Where it answers; None while it is not known to be started, `DIALS_IN` if it connects."""
    handle: str | None = None
    """What its provider calls it."""
    reason: str | None = None
    """Why it was started, drained or ended, for people."""
    jobs: int = 0
    """How many it had brought to an end when it ended."""
    busy_ms: int = 0
    """How long it had run jobs when it ended."""

    def view(self, *, busy: bool) -> InstanceView:
        return InstanceView(self.id, self.phase, self.since, busy=busy)

    def become(self, phase: Phase, now: Millis, reason: str | None = None) -> "Instance":
        """The same in another phase, for a reason that replaces the last one."""
        ready = now if phase is Phase.READY and self.ready_at is None else self.ready_at
        return replace(self, phase=phase, since=now, ready_at=ready, reason=reason or self.reason)

    @property
    def dials_in(self) -> bool:
        return self.url == DIALS_IN

    @property
    def start_ms(self) -> int | None:
        """How long its start took."""
        return None if self.ready_at is None else self.ready_at - self.started_at
