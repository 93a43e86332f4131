"""What was used of the workers: how it is counted, and by what it is told apart."""

from dataclasses import dataclass
from enum import StrEnum

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OF_DEPLOYMENT = "deployment/"
"""Begins the name that the instances of a deployment share among the workers of a report."""


class UsageBy(StrEnum):
    """What the rows of a report stand for, beside their day."""

    WORKFLOW = "workflow"
    WORKER = "worker"
    KEY = "key"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Used:
    """The attempts that ended on one day with one workflow, worker, key or tenant.

    An attempt counts with all its time for the day on which it ended. `gpu_ms` is the time for
    which the jobs held a worker.
    """

    day: int
    """Days since the Unix epoch, in the time zone that was asked for."""
    name: str
    """Its id; empty for graphs without workflow and jobs without key.

    Of instances it is OF_DEPLOYMENT and the id of their deployment.
    """
    jobs: int
    """Those that came to an end, well or not."""
    succeeded: int
    attempts: int
    gpu_ms: int
