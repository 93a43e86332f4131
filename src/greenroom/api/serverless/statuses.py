"""The two vocabularies of a request: its status, and how its result came out."""

from greenroom.domain.job import JobState

STATUSES: dict[JobState, str] = {
    JobState.QUEUED: "in_queue",
    JobState.RUNNING: "in_progress",
    JobState.CANCELING: "in_progress",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "completed",
    JobState.CANCELED: "cancelled",
    JobState.LOST: "completed",
    JobState.EXPIRED: "completed",
}
"""A request that failed is completed as well: its result tells."""

RESULTS: dict[JobState, str] = {
    JobState.QUEUED: "in_queue",
    JobState.RUNNING: "in_progress",
    JobState.CANCELING: "in_progress",
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELED: "cancelled",
    JobState.LOST: "failed",
    JobState.EXPIRED: "failed",
}

STATES: dict[str, frozenset[JobState]] = {
    word: frozenset(state for state in JobState if word in {STATUSES[state], RESULTS[state]})
    for word in {*STATUSES.values(), *RESULTS.values()}
}
"""What a list may be asked for, in the words of either."""
