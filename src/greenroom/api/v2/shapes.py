"""The JSON of jobs, outputs, progress and assets."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from greenroom.api.context import Call
from greenroom.api.instants import instant
from greenroom.api.own_fields import own_fields
from greenroom.api.v2 import links
from greenroom.api.v2.statuses import STATUSES
from greenroom.domain.asset import Asset
from greenroom.domain.clock import Millis
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.progress import Progress
from greenroom.domain.record import JobDetail
from greenroom.service.asset_records import file_path
from greenroom.service.job_views import JobView, KeptOutput

_FOR_EVER_MS = 3_652 * 86_400_000
"""Jobs are kept until somebody deletes them; the contract wants a date."""
_LONGEST_TRACEBACK = 20_000


def job(call: Call, view: JobView) -> JsonObject:
    record = view.detail.job
    return {
        "id": record.id,
        "status": STATUSES[record.state],
        "created_at": instant(record.created_at),
        "started_at": _maybe(record.started_at),
        "completed_at": _maybe(record.finished_at),
        "expires_at": instant(_kept_until(call, record)),
        "queue_position": view.position,
        "progress": job_progress(call, view),
        "outputs": [output(call, kept) for kept in view.outputs],
        "error": job_error(record),
        "metrics": _metrics(record),
        "urls": links.job_urls(call, record.id),
        **own_fields(view.detail.payload),
    }


def listed_job(call: Call, detail: JobDetail) -> JsonObject:
    """A job in a list: without its outputs and its progress."""
    record = detail.job
    changed = record.finished_at or record.started_at or record.created_at
    return {
        "id": record.id,
        "status": STATUSES[record.state],
        "create_time": instant(record.created_at),
        "update_time": instant(changed),
        "created_at": instant(record.created_at),
        "started_at": _maybe(record.started_at),
        "completed_at": _maybe(record.finished_at),
        "outputs_count": record.outputs_count,
        "error": job_error(record),
        "urls": links.job_urls(call, record.id),
        **own_fields(detail.payload),
    }


def job_progress(call: Call, view: JobView) -> JsonObject | None:
    record = view.detail.job
    if record.state is JobState.SUCCEEDED:
        return finished_progress(len(view.classes))
    run = call.services.watch.live(record.id)
    return None if run is None else progress(run.progress, view.classes)


def finished_progress(nodes: int) -> JsonObject:
    return {
        "value": 1.0,
        "nodes_done": nodes,
        "nodes_total": nodes,
        "current_node": None,
        "current_node_class": None,
        "step": None,
        "steps": None,
        "message": None,
    }


def progress(snapshot: Progress, classes: Mapping[str, str]) -> JsonObject:
    """Everything that is known, so that one is enough to catch up."""
    node_id = snapshot.node.display_node_id if snapshot.node is not None else None
    kind = None if node_id is None else classes.get(node_id)
    stepping = bool(snapshot.total_steps)
    step, steps = int(snapshot.step), int(snapshot.total_steps)
    done = max(snapshot.nodes_done - 1, 0) + snapshot.cached_count
    return {
        "value": min(snapshot.percent / 100, 1.0),
        "nodes_done": min(done, snapshot.total_nodes),
        "nodes_total": snapshot.total_nodes,
        "current_node": node_id,
        "current_node_class": kind,
        "step": step if stepping else None,
        "steps": steps if stepping else None,
        "message": f"{kind or node_id} {step}/{steps}" if stepping else kind,
    }


def output(call: Call, kept: KeptOutput) -> JsonObject:
    made = kept.asset
    url, until = links.content_url(call, made.id)
    return {
        "node_id": kept.node_id,
        "name": made.name,
        "type": output_type(kept),
        "content_type": made.mime,
        "size_bytes": made.size,
        "id": made.id,
        "hash": f"blake3:{made.blob}",
        "url": url,
        "url_expires_at": instant(until),
        "job_id": made.job_id,
    }


def output_type(kept: KeptOutput) -> str:
    """image, video, audio, text, latent or file."""
    if kept.key == "gifs":
        return "video"
    if kept.key == "latents" or PurePosixPath(kept.asset.name).suffix == ".latent":
        return "latent"
    kind = kept.asset.mime.partition("/")[0]
    if kept.asset.mime == "application/json":
        return "text"
    return kind if kind in {"image", "video", "audio", "text"} else "file"


def asset(call: Call, found: Asset, *, created_new: bool | None = None) -> JsonObject:
    url, until = links.content_url(call, found.id)
    told: dict[str, JsonValue] = {
        "id": found.id,
        "hash": f"blake3:{found.blob}",
        "size_bytes": found.size,
        "content_type": found.mime,
        "file_path": file_path(found),
        "tags": list(found.tags),
        "created_at": instant(found.created_at),
        "url": url,
        "url_expires_at": instant(until),
        "expires_at": _maybe(found.expires_at),
    }
    if found.job_id is not None:
        told["job_id"] = found.job_id
    if created_new is not None:
        told["created_new"] = created_new
    return told


def job_error(record: Job) -> JsonObject | None:
    """Why the job came to nothing; None when it did not, or was canceled."""
    if record.state not in {JobState.FAILED, JobState.LOST, JobState.EXPIRED}:
        return None
    told = record.error or {}
    comfy = told.get("comfy")
    traceback = comfy.get("traceback") if isinstance(comfy, Mapping) else None
    if isinstance(traceback, list):
        traceback = "".join(str(line) for line in traceback)[-_LONGEST_TRACEBACK:]
    return {
        "code": _error_code(record, told),
        "message": str(told.get("message") or "The job came to nothing."),
        "node_id": told.get("node_id"),
        "class_type": told.get("node_type"),
        "traceback": traceback,
    }


def _error_code(record: Job, told: JsonObject) -> str:
    if record.state is JobState.LOST:
        return "worker_lost"
    kind = str(told.get("kind") or "expired")
    return "node_execution_error" if kind == "node_error" else kind


def _metrics(record: Job) -> JsonObject:
    waited = None if record.started_at is None else record.started_at - record.created_at
    both = record.started_at is not None and record.finished_at is not None
    ran = (record.finished_at or 0) - (record.started_at or 0) if both else None
    return {"queue_ms": waited, "execution_ms": ran}


def _kept_until(call: Call, record: Job) -> Millis:
    kept_ms = call.services.policy.retain_outputs_ms or _FOR_EVER_MS
    return Millis((record.finished_at or record.created_at) + kept_ms)


def _maybe(at: Millis | None) -> str | None:
    return None if at is None else instant(at)
