"""The graph of a folder with a manifest, its form checked against it."""

import secrets
from collections.abc import Iterable
from pathlib import Path

from greenroom.domain.errors import AppError
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import Content
from greenroom.domain.workflow.dynamic.assembly import Choices, assemble
from greenroom.domain.workflow.dynamic.block import parse_block
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.manifest import InputType, Manifest, ManifestInput, WorkflowKind
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.ui_to_api import ui_to_api
from greenroom.service.manifest_file import read_manifest
from greenroom.service.workflow_folder import load_workflow
from greenroom.service.workflow_source import read_source

_SAMPLES: dict[InputType, JsonValue] = {InputType.TEXT: "a text", InputType.SEED: -1}
"""What stands for a required parameter; a file's name for every other type."""


def bundle_graph(
    folder: Path, object_info: ObjectInfo, classes: EditorClasses
) -> tuple[JsonObject, JsonValue]:
    """The prompt, and the editor's form where there is one.

    A dynamic workflow is put together with its defaults. BAD_REQUEST for a manifest that is wrong
    or names nodes and inputs that are not there.
    """
    content = read_source(load_workflow(folder)).content
    manifest = None if content.manifest is None else read_manifest(content.manifest)
    if manifest is not None and manifest.kind is WorkflowKind.DYNAMIC:
        return _assembled(manifest, content), None
    prompt = content.prompt or ui_to_api(content.workflow, classes)
    for item in manifest.inputs if manifest is not None else ():
        _check_place(item, prompt, object_info)
    return prompt, content.workflow


def _assembled(manifest: Manifest, content: Content) -> JsonObject:
    blocks = {name: parse_block(name, block) for name, block in content.blocks.items()}
    params = dict(_samples(manifest.inputs))
    return assemble(manifest, blocks, params, Choices(secrets.randbelow)).prompt


def _samples(inputs: Iterable[ManifestInput]) -> Iterable[tuple[str, JsonValue]]:
    for item in inputs:
        if item.required and item.default is None:
            yield item.id, _SAMPLES.get(item.type, "example.png")


def _check_place(item: ManifestInput, prompt: JsonObject, object_info: ObjectInfo) -> None:
    if item.node_id is None:
        return
    names = [name.strip() for name in (item.input_name or "").split(",") if name.strip()]
    try:
        apply_overrides(prompt, {item.node_id: dict.fromkeys(names)}, object_info)
    except AppError as error:
        message = f"input {item.id!r} of the manifest: {error.message}"
        raise AppError(error.code, message, error.details) from None
