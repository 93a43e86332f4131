"""The number with which the result of a failed request says what went wrong."""

from typing import assert_never

from greenroom.domain.failure import FailureClass
from greenroom.domain.job import Job, JobState

_UNKNOWN = 500001
NOT_BEGUN = 408001
"""No worker began in time."""


def failure_code(job: Job) -> int:
    """Of a job that failed, was lost or expired."""
    kind = (job.error or {}).get("kind")
    if kind in set(FailureClass):
        return code_of(FailureClass(str(kind)))
    return NOT_BEGUN if job.state is JobState.EXPIRED else _UNKNOWN


def code_of(kind: FailureClass) -> int:  # noqa: PLR0911 - one table over a closed list
    match kind:
        case FailureClass.INVALID_GRAPH | FailureClass.INPUT_UNAVAILABLE:
            return 422001
        case FailureClass.NODE_ERROR:
            return 500001
        case FailureClass.OUT_OF_MEMORY:
            return 500002
        case FailureClass.GPU_FAULT:
            return 500003
        case FailureClass.WORKER_LOST:
            return 500004
        case FailureClass.STALLED:
            return 500005
        case FailureClass.UPLOAD_FAILED:
            return 500006
        case _:
            assert_never(kind)
