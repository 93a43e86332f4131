"""The status words of Studio, and what they stand for when a list is asked for by them."""

from typing import assert_never

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import TERMINAL_STATES, JobState


def status_word(state: JobState) -> str:
    match state:
        case JobState.QUEUED:
            return "queued"
        case JobState.RUNNING | JobState.CANCELING:
            return "running"
        case JobState.SUCCEEDED:
            return "completed"
        case JobState.LOST:
            return "stalled"
        case JobState.FAILED | JobState.CANCELED | JobState.EXPIRED:
            return "error"
        case _:
            assert_never(state)


_ASKED_BY = {
    **{word: frozenset({s for s in TERMINAL_STATES if status_word(s) == word})
       for word in ("completed", "error", "stalled")},
    "failed": frozenset({JobState.FAILED, JobState.EXPIRED}),
    "cancelled": frozenset({JobState.CANCELED}),
}  # fmt: skip


def finished_states(asked: str | None) -> frozenset[JobState]:
    """The states of a history, of all of it or of the words between the commas; BAD_REQUEST."""
    words = [word.strip().lower() for word in (asked or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in _ASKED_BY]
    if unknown:
        raise AppError(
            ErrorCode.BAD_REQUEST,
            f"Unknown status {unknown[0]!r}: it is one of {', '.join(sorted(_ASKED_BY))}.",
        )
    return frozenset().union(*(_ASKED_BY[word] for word in words)) or TERMINAL_STATES
