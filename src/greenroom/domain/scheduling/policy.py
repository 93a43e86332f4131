"""The Policy protocol: keeps waiting jobs and says which one a free worker gets."""

from typing import Protocol

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.rank import Decision
from greenroom.domain.scheduling.waiting import Waiting


class Policy(Protocol):
    """Not safe for several threads at once."""

    def add(self, job: Waiting) -> None:
        """A job waits; one with the same id is replaced."""

    def remove(self, job_id: JobId) -> Waiting | None:
        """A job does not wait any more, without having been started. None when it is unknown."""

    def see(self, worker: WorkerView) -> None:
        """A worker takes jobs, and this is how it is now."""

    def forget(self, worker: WorkerId) -> None:
        """A worker takes no jobs any more."""

    def choose(self, worker: WorkerId, now: Millis) -> Decision:
        """Which job the worker should run; nothing changes by asking."""

    def take(self, job_id: JobId, worker: WorkerId, now: Millis) -> Waiting | None:
        """The worker starts the job. None when it does not wait any more."""

    def ended(self, job_id: JobId, used_ms: int, now: Millis) -> None:
        """The job gave its worker back, however it ended, after `used_ms`."""
