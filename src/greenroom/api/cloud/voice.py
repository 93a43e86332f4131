"""How Comfy Cloud tells what happens: to all sockets of the caller, in its own error classes."""

from typing import assert_never

from greenroom.api.comfy.voice import Voice
from greenroom.domain.event import JobChanged
from greenroom.domain.failure import FailureClass
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.json import JsonObject

_EVERYBODY = "everybody"
_OURS = "greenroom."
"""What an exception's type begins with where no node raised one."""


def _audience(_client_id: str | None) -> str | None:
    """All sockets of the caller hear of all of the caller's jobs."""
    return _EVERYBODY


def _failure(told: JsonObject) -> JsonObject:
    """The contract's classes in place of Python's; fields that nobody knows are empty."""
    kind = str(told.get("exception_type") or "")
    outputs = told.get("current_outputs")
    named = {name: value for name, value in told.items() if value is not None}
    return {
        **named,
        "exception_type": error_class(kind),
        "current_outputs": outputs if isinstance(outputs, dict) else {},
    }


def error_class(exception_type: str) -> str:
    """OOMError for `torch.OutOfMemoryError`, ServiceError for what has no class of its own."""
    if "OutOfMemory" in exception_type or exception_type == "MemoryError":
        return "OOMError"
    ours = exception_type.removeprefix(_OURS)
    return _class_of(FailureClass(ours)) if ours in set(FailureClass) else "ServiceError"


def _class_of(kind: FailureClass) -> str:
    match kind:
        case FailureClass.INVALID_GRAPH:
            return "ValidationError"
        case FailureClass.INPUT_UNAVAILABLE:
            return "ImageDownloadError"
        case FailureClass.OUT_OF_MEMORY:
            return "OOMError"
        case FailureClass.WORKER_LOST | FailureClass.GPU_FAULT:
            return "PanicError"
        case FailureClass.STALLED:
            return "DispatcherError"
        case FailureClass.NODE_ERROR | FailureClass.UPLOAD_FAILED:
            return "ServiceError"
        case _:
            assert_never(kind)


def notice(change: JobChanged) -> str | None:
    """What people want to hear of a change that is no message of its own."""
    if change.job.state is JobState.QUEUED:
        if change.event is JobEvent.SUBMIT:
            return "The job waits for a worker."
        return "The attempt came to nothing; the job waits for another one."
    if change.job.state is JobState.RUNNING:
        return f"The job runs on {change.job.worker}."
    if change.job.state is JobState.CANCELING:
        return "The job is being stopped."
    return None


CLOUD = Voice(_audience, _failure, notice)
