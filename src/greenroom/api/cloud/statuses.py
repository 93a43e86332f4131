"""The two vocabularies of Comfy Cloud: the friendly words of jobs, and the raw ones."""

from greenroom.domain.job import JobState

STATUSES: dict[JobState, str] = {
    JobState.QUEUED: "pending",
    JobState.RUNNING: "in_progress",
    JobState.CANCELING: "in_progress",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELED: "cancelled",
    JobState.LOST: "failed",
    JobState.EXPIRED: "failed",
}
"""Of /api/jobs."""

RAW: dict[JobState, str] = {
    JobState.QUEUED: "queued_waiting",
    JobState.RUNNING: "executing",
    JobState.CANCELING: "cancel_requested",
    JobState.SUCCEEDED: "success",
    JobState.FAILED: "error",
    JobState.CANCELED: "cancelled",
    JobState.LOST: "lost",
    JobState.EXPIRED: "error",
}
"""Of /api/job/{id}/status."""

STATES: dict[str, frozenset[JobState]] = {
    word: frozenset(state for state, other in STATUSES.items() if other == word)
    for word in STATUSES.values()
}
"""What a friendly word may stand for."""
