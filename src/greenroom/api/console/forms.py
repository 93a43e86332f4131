"""Any file that holds a workflow -> a form; a filled-in form -> jobs."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from greenroom.api.console import labels, links
from greenroom.api.console.shapes import Field, Form, Option, Order
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import WorkflowVersion
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest import FILE_TYPES, InputType, ManifestInput
from greenroom.domain.workflow.manifest_binding import bind_parameters
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.reading.workflow_file import read_workflow_file
from greenroom.domain.workflow.seeds import resolve_seeds
from greenroom.domain.workflow.ui_graph import parse_ui_graph
from greenroom.domain.workflow.ui_to_api import convert
from greenroom.service.assets import file_name

MOST_RUNS = 99


def read(data: bytes, name: str, view: ObjectInfo) -> Form:
    """The form of the workflow in a file's bytes. UNSUPPORTED_MEDIA, INVALID_JSON, INVALID_GRAPH.

    What was run is preferred to what was on the canvas; the canvas comes along.
    """
    found = read_workflow_file(data)
    missing: dict[str, str] = {}
    prompt: JsonObject
    if found.prompt is not None:
        prompt = found.prompt
    else:
        conversion = convert(parse_ui_graph(found.workflow), EditorClasses(view))
        prompt, missing = conversion.prompt, dict(conversion.missing)
    return make(prompt, found.workflow, name, view, missing)


def make(
    prompt: JsonObject,
    workflow: JsonObject | None,
    name: str,
    view: ObjectInfo,
    missing: Mapping[str, str] | None = None,
) -> Form:
    """INVALID_GRAPH when the prompt is none."""
    unknown = set((missing or {}).values())
    runnable = {key: node for key, node in prompt.items() if key not in (missing or {})}
    unknown |= {
        node.class_type
        for node in parse_graph(runnable).nodes.values()
        if view.find(node.class_type) is None
    }
    given = labels.parameters(runnable, view)
    return Form(
        name=name or labels.workflow_name(runnable, {}),
        fields=[_field(one.field, one.value) for one in given],
        graph=dict(prompt),
        workflow=None if workflow is None else dict(workflow),
        missing=sorted(unknown),
    )


def of_library(version: WorkflowVersion, view: ObjectInfo) -> Form:
    """The form that the workflow's author wrote, or the one that its graph suggests."""
    graph = version.graph or {}
    unknown = {
        node.class_type
        for node in (parse_graph(graph).nodes.values() if graph else ())
        if view.find(node.class_type) is None
    }
    given = labels.given(graph, version.manifest.inputs)
    return Form(
        name=version.name,
        fields=[_field(one.field, one.value) for one in given],
        graph=dict(graph),
        workflow=None,
        missing=sorted(unknown),
        library_id=version.id,
    )


def filled_in(graph: JsonObject, values: JsonObject, view: ObjectInfo) -> JsonObject:
    """The graph with the values of its form in place; BAD_REQUEST names one that cannot be."""
    manifest = infer_manifest(graph, view, workflow_id="form", name="form")
    return apply_overrides(graph, bind_parameters(manifest, values, secrets.randbelow).overrides)


def check_count(order: Order) -> None:
    """BAD_REQUEST for none or too many runs."""
    if not 1 <= order.count <= MOST_RUNS:
        raise AppError(ErrorCode.BAD_REQUEST, f"Run 1 to {MOST_RUNS} at once.")


def bodies(order: Order, view: ObjectInfo) -> list[dict[str, Any]]:
    """One POST /prompt body for each run that was ordered, with its values and seeds in place.

    BAD_REQUEST names a value that cannot be.
    """
    return [_body(order, view) for _ in range(order.count)]


def encode(prompt: JsonValue) -> bytes:
    return json.dumps(prompt, ensure_ascii=False, separators=(",", ":")).encode()


def _body(order: Order, view: ObjectInfo) -> dict[str, Any]:
    graph = filled_in(order.graph, order.values, view)
    graph = resolve_seeds(graph, view, secrets.randbelow).prompt
    extra_data: dict[str, Any] = {"workflow_name": order.name}
    if order.workflow is not None:
        extra_data["extra_pnginfo"] = {"workflow": order.workflow}
    return {"prompt": graph, "extra_data": extra_data, "front": order.front}


def _field(item: ManifestInput, value: JsonValue) -> Field:
    pictured = item.type in {InputType.IMAGE, InputType.MASK, InputType.VIDEO}
    return Field(
        id=item.id,
        label=item.label,
        type=item.type.value,
        required=item.required or item.type in FILE_TYPES,
        value=value,
        tooltip=item.tooltip,
        placeholder=item.placeholder,
        advanced=item.advanced,
        multiline=item.multiline,
        min=item.min,
        max=item.max,
        step=item.step,
        options=[Option(option.label, option.value) for option in item.options],
        image=links.image_of(file_name(value)) if pictured and isinstance(value, str) else None,
    )
