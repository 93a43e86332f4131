"""The words that the UI has for the states of a job."""

from collections.abc import Mapping

from greenroom.api.console.shapes import Status
from greenroom.domain.job import JobState

STATUSES: Mapping[JobState, Status] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.CANCELING: "cancelling",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "error",
    JobState.LOST: "stalled",
    JobState.CANCELED: "cancelled",
    JobState.EXPIRED: "expired",
}
