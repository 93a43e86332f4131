"""Jobs as the UI shows them."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from greenroom.api.console import links
from greenroom.api.console.labels import Given, Label, Labels
from greenroom.api.console.shapes import (
    AttemptView,
    ErrorView,
    JobCard,
    Output,
    Parameter,
)
from greenroom.api.console.statuses import STATUSES
from greenroom.domain.failure import RULES, FailureClass
from greenroom.domain.job import Attempt, Job
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output import file_of
from greenroom.domain.record import JobDetail
from greenroom.domain.workflow.manifest import InputType
from greenroom.service.assets import file_name
from greenroom.service.services import Services

_NO_FILES = frozenset({"animated"})


class Cards:
    """Makes cards; what their graphs say is read in a thread and remembered."""

    def __init__(self, services: Services) -> None:
        self._nodes = services.nodes
        self._labels = Labels()

    async def of(self, details: Sequence[JobDetail]) -> list[JobCard]:
        if not details:
            return []
        labels = await asyncio.to_thread(self._read, details)
        return [job_card(detail.job, label) for detail, label in zip(details, labels, strict=True)]

    async def one(self, detail: JobDetail) -> JobCard:
        (card,) = await self.of([detail])
        return card

    def _read(self, details: Iterable[JobDetail]) -> list[Label]:
        view, revision = self._nodes.view(), self._nodes.revision
        return [self._labels.of(detail.payload, view, revision) for detail in details]


def job_card(job: Job, label: Label) -> JobCard:
    return JobCard(
        id=job.id,
        status=STATUSES[job.state],
        workflow_id=job.workflow_id,
        workflow_name=label.name,
        queued_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        duration=_duration(job),
        prompt=label.prompt,
        preview=links.image_of_output(job.preview_output),
        outputs_count=job.outputs_count,
        input_image=links.image_of(file_name(label.image)) if label.image else None,
        attempt=job.attempt,
        error=_message(job.error),
        tags=list(label.tags),
    )


def parameter(given: Given) -> Parameter:
    field, value = given.field, given.value
    pictured = field.type in {InputType.IMAGE, InputType.MASK, InputType.VIDEO}
    return Parameter(
        label=field.label,
        type=field.type.value,
        value=value,
        node_id=field.node_id,
        input_name=field.input_name,
        image=links.image_of(file_name(value)) if pictured and isinstance(value, str) else None,
        advanced=field.advanced,
    )


def outputs(found: JsonObject) -> list[Output]:
    """Everything in the `ui` results of all nodes, files first by node."""
    shown: list[Output] = []
    for node_id, node in found.items():
        if not isinstance(node, Mapping):
            continue
        for key, values in node.items():
            if key in _NO_FILES or isinstance(values, str) or not isinstance(values, Sequence):
                continue
            shown.extend(_output(node_id, value) for value in values if _shows(key, value))
    return shown


def attempt(one: Attempt) -> AttemptView:
    return AttemptView(
        number=one.number,
        worker=one.worker,
        started_at=one.started_at,
        ended_at=one.ended_at,
        outcome=None if one.outcome is None else one.outcome.value,
        error=_message(one.error),
    )


def error_view(error: JsonObject | None) -> ErrorView | None:
    if error is None:
        return None
    kind = str(error.get("kind"))
    comfy = error.get("comfy")
    trace = comfy.get("traceback") if isinstance(comfy, Mapping) else None
    lines = [str(line) for line in trace] if isinstance(trace, Sequence) else []
    advice = error.get("advice")
    if not isinstance(advice, str):
        advice = RULES[FailureClass(kind)].advice if kind in set(FailureClass) else ""
    return ErrorView(
        kind=kind,
        message=str(error.get("message") or ""),
        node_id=_text(error.get("node_id")),
        node_type=_text(error.get("node_type")),
        advice=advice,
        traceback="".join(lines),
    )


def output_directory(found: Iterable[Output]) -> str | None:
    """The folder that the outputs lie in; None when there are none."""
    for output in found:
        if output.folder == "output":
            return output.subfolder
    return None


def decoded(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(data)
    return value


def _duration(job: Job) -> float | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return (job.finished_at - job.started_at) / 1000


def _message(error: JsonObject | None) -> str | None:
    message = error.get("message") if error is not None else None
    return message.strip() if isinstance(message, str) else None


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _shows(key: str, value: JsonValue) -> bool:
    return file_of(value) is not None or (key == "text" and isinstance(value, str))


def _output(node_id: str, value: JsonValue) -> Output:
    item = file_of(value)
    if item is None:
        return Output(node_id, "text", "", "", "", "", None, str(value))
    name = str(item.get("filename") or "")
    folder, subfolder = str(item.get("type") or "output"), str(item.get("subfolder") or "")
    return Output(
        node_id=node_id,
        kind=links.kind_of(name),
        name=name,
        folder=folder,
        subfolder=subfolder,
        url=links.file_url(folder, subfolder, name),
        thumbnail=links.thumbnail_url(folder, subfolder, name),
        text=None,
    )
