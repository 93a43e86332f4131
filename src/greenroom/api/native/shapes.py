"""Jobs as ComfyUI shows them: state words, queue items, history entries, jobs. Pure."""

from collections.abc import Iterable
from typing import Any, assert_never

import msgspec

from greenroom.api.comfy.accounts import (
    execution_error,
    execution_status,
    extra_data,
    outputs,
)
from greenroom.api.comfy.messages import number
from greenroom.domain.job import TERMINAL_STATES, Job, JobState
from greenroom.domain.record import JobDetail

STATUSES: dict[str, frozenset[JobState]] = {
    "pending": frozenset({JobState.QUEUED}),
    "in_progress": frozenset({JobState.RUNNING, JobState.CANCELING}),
    "completed": frozenset({JobState.SUCCEEDED}),
    "failed": frozenset({JobState.FAILED, JobState.LOST, JobState.EXPIRED}),
    "cancelled": frozenset({JobState.CANCELED}),
}
"""The words of /api/jobs, and the states that each stands for."""


def status_word(state: JobState) -> str:
    match state:
        case JobState.QUEUED:
            return "pending"
        case JobState.RUNNING | JobState.CANCELING:
            return "in_progress"
        case JobState.SUCCEEDED:
            return "completed"
        case JobState.FAILED | JobState.LOST | JobState.EXPIRED:
            return "failed"
        case JobState.CANCELED:
            return "cancelled"
        case _:
            assert_never(state)


def job_entry(job: Job) -> dict[str, Any]:
    """A job in a list; what is not known is left out."""
    entry: dict[str, Any] = {
        "id": job.id,
        "status": status_word(job.state),
        "priority": number(job.number),
        "create_time": job.created_at,
    }
    ended = job.state in TERMINAL_STATES
    if ended and job.started_at is not None:
        entry["execution_start_time"] = job.started_at
    if ended and job.finished_at is not None:
        entry["execution_end_time"] = job.finished_at
    if status_word(job.state) == "failed":
        entry["execution_error"] = execution_error(job)
    entry["outputs_count"] = job.outputs_count
    entry["previewable_outputs_count"] = job.previewable_outputs_count
    if job.preview_output is not None:
        entry["preview_output"] = job.preview_output
    if job.workflow_id is not None:
        entry["workflow_id"] = job.workflow_id
    return entry


def job_detail(detail: JobDetail) -> dict[str, Any]:
    """One job with its workflow, and once it has ended with its outputs."""
    entry = job_entry(detail.job)
    if detail.job.state in TERMINAL_STATES:
        entry["outputs"] = msgspec.Raw(outputs(detail))
        entry["execution_status"] = execution_status(detail)
    entry["workflow"] = {
        "prompt": msgspec.Raw(detail.payload.to_run),
        "extra_data": extra_data(detail),
    }
    return entry


def queue_item(detail: JobDetail) -> list[Any]:
    job, payload = detail.job, detail.payload
    return [
        number(job.number),
        job.id,
        msgspec.Raw(payload.to_run),
        extra_data(detail),
        payload.outputs,
    ]


def history(details: Iterable[JobDetail]) -> dict[str, Any]:
    """Finished jobs by id."""
    return {detail.job.id: history_entry(detail) for detail in details}


def history_entry(detail: JobDetail) -> dict[str, Any]:
    return {
        "prompt": queue_item(detail),
        "outputs": msgspec.Raw(outputs(detail)),
        "status": execution_status(detail),
        "meta": msgspec.Raw(detail.result.meta if detail.result is not None else b"{}"),
    }
