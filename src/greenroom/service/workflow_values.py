"""A version of a workflow whose form begins with other values."""

from collections.abc import Mapping
from dataclasses import replace

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import Content, WorkflowVersion
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.manifest import InputType, Manifest, ManifestInput, WorkflowKind
from greenroom.domain.workflow.manifest_binding import bind_parameters
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.ui_graph import parse_ui_graph
from greenroom.domain.workflow.ui_to_api import convert
from greenroom.domain.workflow.widget_change import with_widgets
from greenroom.service.manifest_file import write_manifest

_DRAWN = -1


def with_values(version: WorkflowVersion, values: JsonObject, object_info: ObjectInfo) -> Content:
    """BAD_REQUEST names a value that cannot be; INVALID_GRAPH while node classes are unknown.

    A seed that is drawn anew for every run stays so.
    """
    inputs = version.manifest.inputs
    drawn = {one.id for one in inputs if one.type is InputType.SEED}
    kept = {
        name: value
        for name, value in values.items()
        if value is not None and not (name in drawn and str(value) == str(_DRAWN))
    }
    content = replace(version.content, manifest=_manifest(version, kept))
    if version.kind is WorkflowKind.DYNAMIC:
        return content
    if version.graph is None:
        told = f"Workflow {version.id!r} uses node classes that no worker has."
        raise AppError(ErrorCode.INVALID_GRAPH, told)
    overrides = _overrides(version.manifest, kept)
    prompt = apply_overrides(version.graph, overrides, object_info)
    drawing = _drawing(version.content.workflow, overrides, prompt, EditorClasses(object_info))
    if drawing is not None and content.prompt is None:
        return replace(content, workflow=drawing)
    return replace(content, prompt=prompt, workflow=drawing)


def _overrides(manifest: Manifest, values: JsonObject) -> dict[str, dict[str, JsonValue]]:
    # What is required must be there for a run; a form may be kept without it.
    inputs = tuple(replace(one, required=False) for one in manifest.inputs)
    bound = bind_parameters(replace(manifest, inputs=inputs), values, lambda _: 0)
    return {node_id: dict(inner) for node_id, inner in bound.overrides.items()}


def _manifest(version: WorkflowVersion, values: JsonObject) -> str | None:
    """The author's manifest, written anew where one of its defaults is another one now."""
    if version.content.manifest is None:
        return None
    inputs = tuple(_with_default(one, values) for one in version.manifest.inputs)
    if inputs == version.manifest.inputs:
        return version.content.manifest
    return write_manifest(replace(version.manifest, inputs=inputs))


def _with_default(item: ManifestInput, values: JsonObject) -> ManifestInput:
    return replace(item, default=values[item.id]) if item.id in values else item


def _drawing(
    workflow: JsonObject | None,
    overrides: Mapping[str, Mapping[str, JsonValue]],
    prompt: JsonObject,
    classes: EditorClasses,
) -> JsonObject | None:
    """What was on the editor's canvas with the new values; None when it cannot say them all."""
    if workflow is None:
        return None
    changed = with_widgets(workflow, overrides, classes)
    try:
        says = convert(parse_ui_graph(changed), classes).prompt
    except AppError:
        return None
    return changed if _inputs(says) == _inputs(prompt) else None


def _inputs(graph: JsonObject) -> dict[str, JsonValue]:
    return {
        node_id: node.get("inputs") for node_id, node in graph.items() if isinstance(node, Mapping)
    }
