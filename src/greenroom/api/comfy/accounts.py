"""What the records of a job say of its run: outputs, status, error, what was sent along. Pure."""

from typing import Any

import msgspec

from greenroom.api.comfy import endings
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject
from greenroom.domain.record import JobDetail

_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


def execution_error(job: Job) -> JsonObject:
    return {"prompt_id": job.id, **endings.failure(job), "timestamp": job.finished_at}


def execution_status(detail: JobDetail) -> dict[str, Any]:
    succeeded = detail.job.state is JobState.SUCCEEDED
    return {
        "status_str": "success" if succeeded else "error",
        "completed": succeeded,
        "messages": msgspec.Raw(endings.history_messages(detail.job, detail.result)),
    }


def extra_data(detail: JobDetail) -> dict[str, Any]:
    """What was sent along, with the client and the time of acceptance added."""
    told: dict[str, Any] = _parts.decode(detail.payload.extra_data)
    if detail.job.client_id is not None:
        told["client_id"] = detail.job.client_id
    told["create_time"] = detail.job.created_at
    return told


def outputs(detail: JobDetail) -> bytes:
    return detail.result.outputs if detail.result is not None else b"{}"
