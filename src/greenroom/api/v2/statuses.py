"""The status words of API v2."""

from greenroom.domain.job import JobState

STATUSES: dict[JobState, str] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.CANCELING: "canceling",
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELED: "canceled",
    JobState.LOST: "failed",
    JobState.EXPIRED: "expired",
}

STATES: dict[str, frozenset[JobState]] = {
    word: frozenset(state for state, other in STATUSES.items() if other == word)
    for word in STATUSES.values()
}
"""What a status may be."""
