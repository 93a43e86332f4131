"""A version of a workflow as files: its folder, its prompt, or a file for the editor."""

import json
from enum import StrEnum

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.library import WorkflowVersion
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.service.manifest_file import write_manifest
from greenroom.service.workflow_source import MANIFEST_NAMES


class ExportForm(StrEnum):
    FOLDER = "folder"
    """manifest.yaml with workflow.json or the blocks: what an import takes."""
    API = "api"
    UI = "ui"


def export_files(
    version: WorkflowVersion, form: ExportForm, graph: JsonObject | None, object_info: ObjectInfo
) -> dict[str, bytes]:
    """File name -> bytes. `graph` is the version in API format, with its defaults.

    INVALID_GRAPH when that is needed and missing, or when the editor knows no such classes.
    """
    match form:
        case ExportForm.FOLDER:
            return _folder(version)
        case ExportForm.API:
            return {f"{version.id}.json": _json(_needed(version, graph))}
        case ExportForm.UI:
            workflow = version.content.workflow
            if workflow is None:
                workflow = api_to_ui(_needed(version, graph), EditorClasses(object_info))
            return {f"{version.id}.json": _json(workflow)}


def _folder(version: WorkflowVersion) -> dict[str, bytes]:
    content, manifest = version.content, version.manifest
    text = content.manifest or write_manifest(manifest)
    files = {MANIFEST_NAMES[0]: text.encode()}
    for name, block in content.blocks.items():
        files[f"{manifest.blocks_dir}/{name}"] = _json(block)
    workflow = content.prompt or content.workflow
    if workflow is not None:
        files[manifest.workflow_file] = _json(workflow)
    return files


def _needed(version: WorkflowVersion, graph: JsonObject | None) -> JsonObject:
    if graph is None:
        raise AppError(
            ErrorCode.INVALID_GRAPH,
            f"Workflow {version.id!r} uses node classes that no worker has, so it cannot be "
            "converted now.",
        )
    return graph


def _json(value: JsonObject) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
