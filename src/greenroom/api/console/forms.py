"""Any file that holds a workflow -> a form; a filled-in form -> jobs."""

import json
import secrets
from collections.abc import Mapping, Sequence

from greenroom.api.console import labels
from greenroom.api.console.fields import field
from greenroom.api.console.workflow_shapes import Form
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import WorkflowVersion
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest_binding import bind_parameters
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.reading.workflow_file import read_workflow_file
from greenroom.domain.workflow.ui_graph import parse_ui_graph
from greenroom.domain.workflow.ui_to_api import convert


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
        fields=[field(one.field, one.value, {}, inferred=True) for one in given],
        graph=dict(prompt),
        workflow=None if workflow is None else dict(workflow),
        missing=sorted(unknown),
    )


def of_library(version: WorkflowVersion, missing: Sequence[str], definitions: JsonObject) -> Form:
    """The form that the workflow's author wrote, or the one that its graph suggests.

    `missing` are the node classes that no worker has, `definitions` is /object_info: what model
    files there are to pick.
    """
    graph = version.graph or {}
    given = labels.given(graph, version.manifest.inputs)
    return Form(
        name=version.name,
        fields=[
            field(one.field, one.value, definitions, inferred=version.inferred) for one in given
        ],
        graph=dict(graph),
        workflow=None,
        missing=sorted(missing),
        library_id=version.id,
    )


def filled_in(graph: JsonObject, values: JsonObject, view: ObjectInfo) -> JsonObject:
    """The graph with the values of its form in place; BAD_REQUEST names one that cannot be."""
    manifest = infer_manifest(graph, view, workflow_id="form", name="form")
    return apply_overrides(graph, bind_parameters(manifest, values, secrets.randbelow).overrides)


def encode(prompt: JsonValue) -> bytes:
    return json.dumps(prompt, ensure_ascii=False, separators=(",", ":")).encode()
