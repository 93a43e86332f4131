"""Jobs and their progress as Studio shows them."""

import json
from collections.abc import Mapping
from typing import Any

from greenroom.api.studio.statuses import status_word
from greenroom.api.studio.times import iso, iso_or_none
from greenroom.domain.clock import Millis
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.media import Best, best_of, node_media
from greenroom.domain.progress import Progress
from greenroom.domain.recipe import JobRecord, Recipe
from greenroom.service.scheduler import Outlook

UNNAMED = "ComfyUI workflow"


class Titles:
    """What the nodes of a graph are called."""

    def __init__(self, graph: JsonObject) -> None:
        self._graph = graph

    @classmethod
    def of(cls, graph: bytes) -> "Titles":
        decoded = json.loads(graph)
        return cls(decoded if isinstance(decoded, dict) else {})

    def type(self, node_id: str) -> str:
        node = self._graph.get(node_id)
        return str(node.get("class_type") or "") if isinstance(node, Mapping) else ""

    def title(self, node_id: str) -> str:
        node = self._graph.get(node_id)
        meta = node.get("_meta") if isinstance(node, Mapping) else None
        title = meta.get("title") if isinstance(meta, Mapping) else None
        return title if isinstance(title, str) and title else self.type(node_id)

    def first_picture(self) -> str | None:
        """The file of the first node that loads one."""
        for node in self._graph.values():
            if isinstance(node, Mapping) and node.get("class_type") == "LoadImage":
                inputs = node.get("inputs")
                name = inputs.get("image") if isinstance(inputs, Mapping) else None
                return name if isinstance(name, str) else None
        return None


def record(found: JobRecord) -> dict[str, JsonValue]:
    """The record of a job. A cancelled one is an `error` that says so."""
    job = found.job
    best = best_of(outputs(found))
    told: dict[str, JsonValue] = {
        "prompt_id": job.id,
        **(_made_of(found.recipe) if found.recipe else _bare(found)),
        "status": status_word(job.state),
        "queued_at": iso(job.created_at),
        "started_at": iso_or_none(job.started_at),
        "finished_at": iso_or_none(job.finished_at),
        "duration": _duration(job),
        "output": best.first.as_json() if best.first else None,
        "outputs": _pictures(best),
        "error": error_text(found),
    }
    if job.state is JobState.CANCELED:
        told["cancelled"] = True
    return told


def outputs(found: JobRecord) -> JsonObject:
    decoded: JsonObject = json.loads(found.outputs) if found.outputs else {}
    return decoded


def error_text(found: JobRecord) -> str | None:
    """`[node title] message`."""
    job = found.job
    if job.state is JobState.CANCELED:
        return "The job was cancelled."
    if job.state is JobState.EXPIRED:
        return "The job waited too long and expired."
    if job.error is None or job.state not in {JobState.FAILED, JobState.LOST}:
        return None
    message = str(job.error.get("message") or "").strip()
    node_id = job.error.get("node_id")
    if not isinstance(node_id, str):
        return message
    title = Titles.of(found.payload.to_run).title(node_id) or job.error.get("node_type") or node_id
    return f"[{title}] {message}"


def active(
    found: JobRecord, live: Progress | None, outlook: Outlook, now: Millis
) -> dict[str, JsonValue]:
    """A job that waits or runs: its record, its progress, and what it waits for and how long."""
    shown = progress(found, live, now)
    if found.job.state is JobState.QUEUED:
        shown["eta_seconds"] = outlook.ends_in_seconds(now)
    return {
        **record(found),
        "progress": shown,
        "waiting_for": outlook.waiting_for,
        "starts_in_seconds": outlook.starts_in_seconds(now),
    }


def progress(found: JobRecord, live: Progress | None, now: Millis) -> dict[str, JsonValue]:
    """The thirteen fields; all is 0 while nothing has been heard of the run."""
    status = status_word(found.job.state)
    if live is None:
        return _silent(status)
    return live_progress(Titles.of(found.payload.to_run), live, now, status)


def live_progress(titles: Titles, live: Progress, now: Millis, status: str) -> dict[str, JsonValue]:
    node_id = live.node.display_node_id if live.node is not None else ""
    return {
        "status": status,
        "node_title": titles.title(node_id),
        "node_type": titles.type(node_id),
        "step": round(live.step),
        "total_steps": round(live.total_steps),
        "nodes_done": live.nodes_done,
        "total_nodes": live.total_nodes,
        "effective_total": live.effective_total if live.total_nodes else 0,
        "cached_count": live.cached_count,
        "percent": live.percent,
        "eta_seconds": live.eta_seconds(now),
        "step_rate": live.step_rate,
        "node_outputs": _node_outputs(titles, live),
    }


def media_json(best: Best) -> dict[str, JsonValue]:
    """`video` and `image`, those that are there."""
    told: dict[str, JsonValue] = {}
    if best.videos:
        told["video"] = best.videos[0].as_json()
    if best.images:
        told["image"] = best.images[0].as_json()
    return told


def _silent(status: str) -> dict[str, JsonValue]:
    counts = ("step", "total_steps", "nodes_done", "total_nodes", "effective_total",
              "cached_count", "percent")  # fmt: skip
    return {
        "status": status,
        "node_title": "",
        "node_type": "",
        **dict.fromkeys(counts, 0),
        "eta_seconds": None,
        "step_rate": None,
        "node_outputs": {},
    }


def _node_outputs(titles: Titles, live: Progress) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {}
    for node_id, ui in live.outputs:
        items = [
            {**media.as_json(), "media": media.kind.value} for media in node_media(node_id, ui)
        ]
        if items:
            told[node_id] = {
                "node_title": titles.title(node_id),
                "node_type": titles.type(node_id),
                "items": items,
            }
    return told


def _made_of(recipe: Recipe) -> dict[str, JsonValue]:
    return {
        "workflow_id": recipe.workflow_id,
        "workflow_name": recipe.workflow_name,
        "workflow_version": recipe.version,
        "output_dir": recipe.output_dir,
        "input_image": recipe.input_image,
        "params": recipe.params,
        "seeds": dict(recipe.seeds),
        "retry_of": recipe.retry_of,
    }


def _bare(found: JobRecord) -> dict[str, JsonValue]:
    """A job that came as a graph: what the graph says of itself."""
    extra_data: dict[str, Any] = json.loads(found.payload.extra_data)
    return {
        "workflow_id": None,
        "workflow_name": str(extra_data.get("workflow_name") or UNNAMED),
        "workflow_version": None,
        "output_dir": None,
        "input_image": Titles.of(found.payload.to_run).first_picture(),
        "params": {},
        "seeds": {},
        "retry_of": None,
    }


def _pictures(best: Best) -> list[JsonValue] | None:
    """All pictures, when there is no film and more than one of them."""
    if best.videos or len(best.images) < 2:
        return None
    return [image.as_json() for image in best.images]


def _duration(job: Job) -> int | None:
    """Whole seconds."""
    if job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at) / 1000)
