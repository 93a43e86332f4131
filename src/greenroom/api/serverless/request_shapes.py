"""The JSON of a request: its status, its result, and its line in a list."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from greenroom.api.own_fields import own_fields
from greenroom.api.serverless.failure_codes import failure_code
from greenroom.api.serverless.links import Links
from greenroom.api.serverless.statuses import RESULTS, STATUSES
from greenroom.domain.asset import Asset, Root
from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.job import TERMINAL_STATES, Job, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output import is_file
from greenroom.domain.record import JobDetail
from greenroom.service.job_views import JobView

_LONGEST_DEBUG = 20_000


def submitted(links: Links, job: Job) -> JsonObject:
    return {"request_id": job.id, **links.of_request(job)}


def status(links: Links, view: JobView) -> JsonObject:
    job, urls = view.detail.job, links.of_request(view.detail.job)
    told: dict[str, JsonValue] = {
        "request_id": job.id,
        "status": STATUSES[job.state],
        "status_url": urls["status_url"],
        "result_url": urls["result_url"],
        "instance_id": job.worker,
    }
    if job.state is JobState.QUEUED:
        told["queue_position"] = max((view.position or 1) - 1, 0)
    return told


def result(links: Links, view: JobView) -> JsonObject:
    job = view.detail.job
    told: dict[str, JsonValue] = {
        "request_id": job.id,
        "status": RESULTS[job.state],
        "created_at": _instant(job.created_at),
    }
    if job.worker is not None:
        told["instance_id"] = job.worker
    if job.state in TERMINAL_STATES:
        told["finished_at"] = _instant(job.finished_at or job.created_at)
    if job.state is JobState.SUCCEEDED:
        told["outputs"] = outputs(links, view)
    if RESULTS[job.state] == "failed":
        told["error"] = [_error(job)]
    return told


def cancelled(job_id: JobId, *, stopped: bool) -> JsonObject:
    outcome = "cancelled" if stopped else "not_cancellable"
    return {"request_id": job_id, "status": "completed", "outcome": outcome}


def line(links: Links, detail: JobDetail) -> JsonObject:
    """A request in a list."""
    job = detail.job
    own = own_fields(detail.payload)
    return {
        "request_id": job.id,
        "status": RESULTS[job.state],
        "created_at": _instant(job.created_at),
        "finished_at": None if job.finished_at is None else _instant(job.finished_at),
        "instance_id": job.worker,
        "tags": own.get("tags", []),
        "priority": own.get("priority", 0),
        **links.of_request(job),
    }


def outputs(links: Links, view: JobView) -> JsonObject:
    """Node id -> channel -> entries; files with links that open them without a key."""
    made = view.detail.result
    told: Mapping[str, JsonValue] = json.loads(made.outputs) if made is not None else {}
    kept = {
        (one.asset.root, one.asset.subfolder, one.asset.name): one.asset for one in view.outputs
    }
    return {
        node_id: {channel: _entries(links, values, kept) for channel, values in node.items()}
        for node_id, node in told.items()
        if isinstance(node, Mapping)
    }


def _entries(
    links: Links, values: JsonValue, kept: Mapping[tuple[Root, str, str], Asset]
) -> JsonValue:
    if not isinstance(values, list):
        return values
    return [_file(links, one, kept) if isinstance(one, Mapping) and is_file(one) else one
            for one in values]  # fmt: skip


def _file(
    links: Links, item: JsonObject, kept: Mapping[tuple[Root, str, str], Asset]
) -> JsonObject:
    """A file that was deleted since has no link."""
    name, folder = str(item["filename"]), str(item.get("subfolder") or "")
    kind = str(item.get("type") or Root.OUTPUT.value)
    root = Root(kind) if kind in set(Root) else Root.OUTPUT
    asset = kept.get((root, folder.replace("\\", "/").strip("/"), name))
    url = None if asset is None else links.file(asset)
    return {**item, "url": url, "filename": name, "subfolder": folder, "type": kind}


def _error(job: Job) -> JsonObject:
    error = job.error or {}
    comfy = error.get("comfy")
    trace = comfy.get("traceback") if isinstance(comfy, Mapping) else None
    lines = [str(one) for one in trace] if isinstance(trace, list) else []
    node = f"node {error.get('node_id')} ({error.get('node_type')})" if error.get("node_id") else ""
    debug = "\n".join(
        part for part in (node, str(error.get("advice") or ""), "".join(lines)) if part
    )
    message = str(error.get("message") or "No worker began with the request in time.")
    return {"errorCode": failure_code(job), "error": message, "debugInfo": debug[:_LONGEST_DEBUG]}


def _instant(at: Millis) -> str:
    """With microseconds and the offset of UTC, as clients of the API read it."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="microseconds")
