"""Published events: the closed union of what anyone may watch."""

from dataclasses import dataclass
from typing import TypeAlias

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import Job, JobEvent
from greenroom.domain.run import RunEvent


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job was accepted or changed its state. `id` grows with every change in the database.

    `job` is the job right after the change.
    """

    id: int
    event: JobEvent
    job: Job
    at: Millis


@dataclass(frozen=True, slots=True)
class JobRan:
    """Something happened inside a job's run. Lossy: never the truth."""

    job_id: JobId
    tenant: TenantId
    client_id: str | None
    attempt: int
    at: Millis
    body: RunEvent


@dataclass(frozen=True, slots=True)
class JobDeleted:
    job_id: JobId
    tenant: TenantId
    at: Millis


@dataclass(frozen=True, slots=True)
class JobReady:
    """What a waiting job lacked is there: it may run from now on."""

    job_id: JobId
    tenant: TenantId
    at: Millis


Event: TypeAlias = JobChanged | JobRan | JobDeleted | JobReady
