"""`greenroom workflows convert`, `validate` and `extract`: workflow files, without a library."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from greenroom.cli import event_loop, options, output
from greenroom.cli.bundle_graph import bundle_graph
from greenroom.cli.given_workflow import read_file
from greenroom.cli.many_files import Handled, handle_all, report, target_of, write_json
from greenroom.cli.node_source import KnownNodes, ObjectInfoFile, known_nodes
from greenroom.cli.server_choice import client_config
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.advice import advise
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.reading.workflow_file import WorkflowFile
from greenroom.domain.workflow.ui_to_api import ui_to_api
from greenroom.domain.workflow.validate import referenced_files, validate

Files: TypeAlias = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="JSON, or anything with a workflow inside.")
]


class Format(StrEnum):
    API = "api"
    UI = "ui"


class Part(StrEnum):
    WORKFLOW = "workflow"
    """The editor's form."""
    PROMPT = "prompt"
    """What was run."""


def convert(
    files: Files,
    to: Annotated[
        Format, typer.Option("--to", help="api: what servers run; ui: what the editor opens.")
    ] = Format.API,
    target: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="A file, or a folder for many."),
    ] = None,
    object_info: ObjectInfoFile = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Convert workflow files between the editor's format and the API's."""
    nodes = _nodes(object_info, server, data_dir, api_key)
    classes = EditorClasses(nodes.object_info)

    def handle(file: Path) -> Handled:
        place = target_of(file, target, ".json", several=len(files) > 1)
        converted = convert_file(read_file(file), to, classes)
        if as_json and place is None:
            return Handled(str(file), details={"result": converted})
        write_json(converted, place)
        told = f"{place}" if place else ""
        return Handled(str(file), told, details={"output": None if place is None else str(place)})

    report(handle_all(files, handle), "converted", as_json=as_json)


def convert_file(file: WorkflowFile, to: Format, classes: EditorClasses) -> JsonObject:
    """What the file says in that format; INVALID_GRAPH names node classes that are not known."""
    if to is Format.API:
        return file.prompt or ui_to_api(file.workflow, classes)
    return file.workflow or api_to_ui(file.prompt, classes)


def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Workflow files, or folders with a manifest."),
    ],
    object_info: ObjectInfoFile = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Check workflow files as a server would, and say what to do about what is wrong."""
    nodes = _nodes(object_info, server, data_dir, api_key)
    if not as_json:
        output.notes.print(f"Checked with the node classes of {nodes.origin}.")
    classes = EditorClasses(nodes.object_info)
    handled = handle_all(files, lambda file: _check(file, nodes, classes))
    report(handled, "valid", as_json=as_json)


def extract(
    files: Files,
    part: Annotated[
        Part, typer.Option("--part", help="workflow: for the editor; prompt: what was run.")
    ] = Part.WORKFLOW,
    target: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="A file, or a folder for many."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Take the workflow out of pictures, films and sounds, as it stands in them."""

    def handle(file: Path) -> Handled:
        place = target_of(file, target, ".json", several=len(files) > 1)
        read = read_file(file)
        found = read.workflow if part is Part.WORKFLOW else read.prompt
        if found is None:
            other = Part.PROMPT if part is Part.WORKFLOW else Part.WORKFLOW
            message = f"It has no {part}, but a {other}: --part {other} takes that."
            raise AppError(ErrorCode.BAD_REQUEST, message)
        if as_json and place is None:
            return Handled(str(file), details={"result": found})
        write_json(found, place)
        return Handled(str(file), f"{place}" if place else "")

    report(handle_all(files, handle), "extracted", as_json=as_json)


def _check(file: Path, nodes: KnownNodes, classes: EditorClasses) -> Handled:
    prompt: JsonObject = {}
    workflow: JsonValue = None
    try:
        if file.is_dir():
            prompt, workflow = bundle_graph(file, nodes.object_info, classes)
        else:
            read = read_file(file)
            workflow = read.workflow
            prompt = convert_file(read, Format.API, classes)
        assumed = referenced_files(prompt, nodes.object_info)
        validated = validate(prompt, nodes.object_info, files=assumed)
    except AppError as error:
        return _refused(file, error, prompt or _unknown_nodes(error), workflow, nodes)
    told = [f"valid; outputs: {', '.join(validated.outputs)}"]
    if validated.node_errors:
        told += ["  left out, because of errors:", *_node_lines(validated.node_errors)]
    details: JsonObject = {
        "outputs": list(validated.outputs),
        "files": list(assumed),
        "node_errors": validated.node_errors,
    }
    return Handled(str(file), "\n".join(told), details=details)


def _refused(
    file: Path, error: AppError, prompt: JsonObject, workflow: JsonValue, nodes: KnownNodes
) -> Handled:
    advice = advise(error.details, prompt, nodes.object_info, workflow)
    lines = [error.message, *_node_lines(error.details.get("node_errors"))]
    lines += [f"  Advice for node {one.node_id}: {one.text}" for one in advice]
    return Handled(
        str(file),
        error=AppError(error.code, "\n".join(lines), error.details),
        details={"advice": [{"node_id": one.node_id, "text": one.text} for one in advice]},
    )


def _unknown_nodes(error: AppError) -> JsonObject:
    """The nodes of a file that could not be converted, as far as the error names them."""
    told = error.details.get("error")
    extra = told.get("extra_info") if isinstance(told, Mapping) else None
    nodes = extra.get("nodes") if isinstance(extra, Mapping) else None
    found = nodes.items() if isinstance(nodes, Mapping) else ()
    return {node_id: {"class_type": name} for node_id, name in found}


def _node_lines(node_errors: object) -> list[str]:
    lines = []
    for node_id, node in node_errors.items() if isinstance(node_errors, Mapping) else ():
        for one in node.get("errors", ()):
            details = f": {one['details']}" if one.get("details") else ""
            lines.append(f"  node {node_id} ({node.get('class_type')}): {one['message']}{details}")
    return lines


def _nodes(
    object_info: Path | None, server: str | None, data_dir: Path | None, api_key: str | None
) -> KnownNodes:
    config = client_config(data_dir, api_key)
    return event_loop.run(known_nodes(object_info, server, config))
