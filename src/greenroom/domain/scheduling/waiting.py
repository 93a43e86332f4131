"""A waiting job as the scheduler sees it, and the groups in which jobs wait."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias, TypedDict, Unpack

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeploymentId, JobId, TenantId, WorkerId
from greenroom.domain.job import Job
from greenroom.domain.needs import NO_NEEDS, Needs

Labels: TypeAlias = frozenset[tuple[str, str]]
"""(name, value) pairs."""


class Priority(IntEnum):
    """The class of a job; the smaller goes first."""

    INTERACTIVE = 0
    """Somebody watches."""
    BATCH = 1


class Wishes(TypedDict, total=False):
    """What a Waiting says beside its job and its needs."""

    priority: Priority
    labels: Labels
    excluded: frozenset[WorkerId]
    run_ms: int
    deployment: DeploymentId | None


class Lane(NamedTuple):
    """The jobs of one tenant in one class."""

    tenant: TenantId
    priority: Priority


class Group(NamedTuple):
    """Jobs that only their order tells apart: any worker suits all of them or none."""

    lane: Lane
    needs: Needs
    labels: Labels
    excluded: frozenset[WorkerId]
    deployment: DeploymentId | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    id: JobId
    tenant: TenantId
    seq: int
    ready_at: Millis
    """From when it may run: its acceptance, or the end of the pause before a retry."""
    number: float = 0
    needs: Needs = NO_NEEDS
    priority: Priority = Priority.INTERACTIVE
    labels: Labels = frozenset()
    """What the worker's labels must include."""
    excluded: frozenset[WorkerId] = frozenset()
    """Workers on which it failed in a way that another worker may avoid."""
    run_ms: int = 5_000
    """How long it is thought to run on a warm worker."""
    deployment: DeploymentId | None = None
    """It may go to workers that are kept for this one, and to those that are kept for none."""

    @classmethod
    def of(cls, job: Job, needs: Needs = NO_NEEDS, **more: Unpack[Wishes]) -> "Waiting":
        """A queued job, with what its row does not say."""
        ready_at = max(job.created_at, job.not_before or job.created_at)
        return cls(job.id, job.tenant, job.seq, ready_at, number=job.number, needs=needs, **more)

    @property
    def lane(self) -> Lane:
        return Lane(self.tenant, self.priority)

    @property
    def group(self) -> Group:
        return Group(self.lane, self.needs, self.labels, self.excluded, self.deployment)

    @property
    def place(self) -> tuple[float, int]:
        """Its place inside the group."""
        return (self.number, self.seq)
