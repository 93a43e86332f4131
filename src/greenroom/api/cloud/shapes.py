"""Jobs as Comfy Cloud shows them. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from greenroom.api.cloud.statuses import RAW, STATUSES
from greenroom.api.comfy import accounts, endings
from greenroom.api.comfy.messages import number
from greenroom.api.instants import instant
from greenroom.domain.clock import Millis
from greenroom.domain.job import TERMINAL_STATES, Job, JobState
from greenroom.domain.json import JsonObject
from greenroom.domain.record import JobDetail

_FAILED = frozenset({JobState.FAILED, JobState.LOST, JobState.EXPIRED})
_extra = msgspec.json.Decoder(dict[str, msgspec.Raw])


def job_entry(job: Job) -> dict[str, Any]:
    """A job in a list; outputs and times of the run are told once it has ended."""
    entry: dict[str, Any] = {
        "id": job.id,
        "status": STATUSES[job.state],
        "create_time": job.created_at,
    }
    if job.workflow_id is not None:
        entry["workflow_id"] = job.workflow_id
    if job.state not in TERMINAL_STATES:
        return entry
    entry["outputs_count"] = job.outputs_count
    entry["previewable_outputs_count"] = job.previewable_outputs_count
    if job.preview_output is not None:
        entry["preview_output"] = job.preview_output
    if job.started_at is not None:
        entry["execution_start_time"] = job.started_at
    if job.finished_at is not None:
        entry["execution_end_time"] = job.finished_at
    if job.state in _FAILED:
        entry["execution_error"] = execution_error(job)
    return entry


def job_detail(detail: JobDetail, position: int | None) -> dict[str, Any]:
    """One job with its workflow; `position` is its place in the queue, 1 for the next."""
    job = detail.job
    told = job_entry(job)
    told["update_time"] = updated(job)
    told["workflow"] = {
        "prompt": msgspec.Raw(detail.payload.to_run),
        "extra_data": accounts.extra_data(detail),
    }
    if position is not None:
        told |= {"queue_position": position, "queue_reason": "capacity"}
    if job.state in TERMINAL_STATES:
        told["outputs"] = msgspec.Raw(accounts.outputs(detail))
        told["execution_status"] = accounts.execution_status(detail)
        told["execution_meta"] = _meta(detail)
    return told


def job_status(job: Job) -> dict[str, Any]:
    at = instant(updated(job))
    return {
        "id": job.id,
        "status": RAW[job.state],
        "created_at": instant(job.created_at),
        "updated_at": at,
        "last_state_update": at,
        "assigned_inference": job.worker,
        "error_message": _message(job),
    }


def execution_error(job: Job) -> JsonObject:
    """What went wrong; fields that nobody knows are empty."""
    told = endings.failure(job)
    outputs = told.get("current_outputs")
    inputs = told.get("current_inputs")
    trace = told.get("traceback")
    return {
        **told,
        "node_id": told.get("node_id") or "",
        "node_type": told.get("node_type") or "",
        "traceback": [str(line) for line in trace] if isinstance(trace, list) else [],
        "current_inputs": inputs if isinstance(inputs, Mapping) else {},
        "current_outputs": outputs if isinstance(outputs, Mapping) else {},
    }


def queue_item(detail: JobDetail, place: int) -> list[Any]:
    """`place` is 1 for the first."""
    payload = detail.payload
    times = {"create_time": detail.job.created_at}
    return [place, detail.job.id, msgspec.Raw(payload.to_run), payload.outputs, times]


def history_entry(detail: JobDetail) -> dict[str, Any]:
    """An entry of the history list, without the graph and the editor's workflow."""
    job = detail.job
    told: dict[str, Any] = {
        "prompt_id": job.id,
        "create_time": job.created_at,
        "prompt": {
            "priority": number(job.number),
            "prompt_id": job.id,
            "extra_data": _light(accounts.extra_data(detail)),
        },
        **_ending(detail),
    }
    if job.workflow_id is not None:
        told["workflow_id"] = job.workflow_id
    return told


def history_detail(detail: JobDetail) -> dict[str, Any]:
    payload = detail.payload
    prompt = {
        "priority": number(detail.job.number),
        "prompt_id": detail.job.id,
        "prompt": msgspec.Raw(payload.to_run),
        "extra_data": accounts.extra_data(detail),
        "outputs_to_execute": payload.outputs,
    }
    return {"prompt": prompt, **_ending(detail)}


def updated(job: Job) -> Millis:
    """When the job's state was last changed."""
    return job.finished_at or job.started_at or job.created_at


def _ending(detail: JobDetail) -> dict[str, Any]:
    return {
        "outputs": msgspec.Raw(accounts.outputs(detail)),
        "status": accounts.execution_status(detail),
        "meta": _meta(detail),
    }


def _meta(detail: JobDetail) -> msgspec.Raw:
    return msgspec.Raw(detail.result.meta if detail.result is not None else b"{}")


def _light(extra_data: dict[str, Any]) -> dict[str, Any]:
    info = extra_data.get("extra_pnginfo")
    if not isinstance(info, msgspec.Raw) or not bytes(info).lstrip().startswith(b"{"):
        return extra_data
    kept = {name: value for name, value in _extra.decode(info).items() if name != "workflow"}
    return {**extra_data, "extra_pnginfo": kept}


def _message(job: Job) -> str | None:
    if job.state not in _FAILED:
        return None
    return str((job.error or {}).get("message") or "The job came to nothing.")
