"""What an operator, a fault and the engine each say of a worker, and what follows."""

from dataclasses import dataclass

from greenroom.domain.worker import WorkerOrder, WorkerStatus
from greenroom.engine.health import Health, HealthStatus
from greenroom.engine.owner import ProcessState, ProcessStatus


@dataclass(slots=True)
class Standing:
    order: WorkerOrder = WorkerOrder.WORK
    fault: str | None = None
    """Why the worker is kept out of service although its engine answers."""
    health: Health | None = None
    """None until the engine was asked."""
    knows_nodes: bool = False
    process: ProcessState | None = None
    """Of the engine's server, where it is ours."""

    def hear_process(self, state: ProcessState) -> None:
        """Note how our process is. One that does not answer is new when it answers again."""
        self.process = state
        if not state.answers:
            self.knows_nodes = False
            self.fault = None

    def hear(self, health: Health) -> None:
        """Note the engine's health. One that went away comes back as a new process: no fault."""
        self.health = health
        if not health.is_up:
            self.knows_nodes = False
        if health.status is HealthStatus.DOWN:
            self.fault = None

    def obey(self, order: WorkerOrder) -> None:
        self.order = order
        if order is WorkerOrder.WORK:
            self.fault = None

    def status(self) -> tuple[WorkerStatus, str | None]:
        """How the worker is, and why. It takes jobs only when it is up."""
        if self.process is not None and not self.process.answers:
            starts = self.process.status is ProcessStatus.STARTING
            return (WorkerStatus.STARTING if starts else WorkerStatus.DOWN), self.process.reason
        if self.health is not None and self.health.status is HealthStatus.DOWN:
            return WorkerStatus.DOWN, self.health.reason
        if self.fault is not None:
            return WorkerStatus.QUARANTINED, self.fault
        if self.health is not None and self.health.status is HealthStatus.STALLED:
            return WorkerStatus.QUARANTINED, self.health.reason
        return self._as_ordered()

    def _as_ordered(self) -> tuple[WorkerStatus, str | None]:
        match self.order:
            case WorkerOrder.PAUSE:
                return WorkerStatus.PAUSED, "paused by an operator"
            case WorkerOrder.DRAIN:
                return WorkerStatus.DRAINING, "takes no more jobs"
            case WorkerOrder.WORK:
                up = self.health is not None and self.knows_nodes
                return (WorkerStatus.UP if up else WorkerStatus.STARTING), None
