"""How the end of a job is told, also of one that was cut off or never ran."""

from typing import assert_never

import msgspec

from greenroom.api.comfy import messages
from greenroom.api.comfy.tracker import Tracker
from greenroom.api.comfy.voice import COMFYUI, Voice
from greenroom.domain.clock import Millis
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.record import Result

_ENDS = frozenset({"execution_success", "execution_error", "execution_interrupted"})


def message(
    job: Job, result: Result | None, tracker: Tracker | None, at: Millis, voice: Voice = COMFYUI
) -> str:
    """The last message about a run that has just ended."""
    ended = job.finished_at or at
    match job.state:
        case JobState.SUCCEEDED:
            return messages.execution_success(job.id, ended)
        case JobState.FAILED | JobState.LOST | JobState.EXPIRED:
            return messages.execution_error(job.id, voice.failure(failure(job)), ended)
        case JobState.CANCELED:
            told = last_told(result) or {**_interruption(tracker), "timestamp": ended}
            return messages.execution_interrupted(job.id, told)
        case JobState.QUEUED | JobState.RUNNING | JobState.CANCELING:
            raise ValueError(f"a job that is {job.state} has not ended")
        case _:
            assert_never(job.state)


def failure(job: Job) -> dict[str, JsonValue]:
    """`execution_error` data of a job that went wrong, without its id and time."""
    error = job.error or {}
    comfy = error.get("comfy")
    told = dict(comfy) if isinstance(comfy, dict) else {}
    kind = error.get("kind") or job.state
    return {
        "node_id": error.get("node_id"),
        "node_type": error.get("node_type"),
        "executed": [],
        "exception_message": f"{error.get('message') or 'The job was not finished.'}\n",
        "exception_type": f"greenroom.{kind}",
        "traceback": [],
        "current_inputs": {},
        "current_outputs": [],
        **told,
    }


def history_messages(job: Job, result: Result | None) -> bytes:
    """The status messages of a history entry; a run that was cut off gets the end it had."""
    stored = result.messages if result is not None else b"[]"
    if job.state is JobState.SUCCEEDED or any(f'["{name}"'.encode() in stored for name in _ENDS):
        return stored
    told: list[tuple[str, JsonObject]] = msgspec.json.decode(stored)
    ended = {"prompt_id": job.id, "timestamp": job.finished_at}
    if job.state is JobState.CANCELED:
        told.append(("execution_interrupted", {**_interruption(None), **ended}))
    else:
        told.append(("execution_error", {**failure(job), **ended}))
    return msgspec.json.encode(told)


def last_told(result: Result | None) -> dict[str, JsonValue] | None:
    """The data of the `execution_interrupted` message that a run left."""
    if result is None:
        return None
    told: list[tuple[str, dict[str, JsonValue]]] = msgspec.json.decode(result.messages)
    return next((data for name, data in told if name == "execution_interrupted"), None)


def _interruption(tracker: Tracker | None) -> dict[str, JsonValue]:
    node = tracker.current if tracker is not None else None
    return {
        "node_id": node.real if node is not None else None,
        "node_type": None,
        "executed": list(tracker.finished) if tracker is not None else [],
    }
