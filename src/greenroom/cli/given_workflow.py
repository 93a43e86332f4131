"""The workflow that a command is given: any file that carries one, or a name in the library."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenroom.cli.client import Client
from greenroom.cli.workflow_file import Graph
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.reading.workflow_file import WorkflowFile, read_workflow_file
from greenroom.domain.workflow.seeds import resolve_seeds
from greenroom.domain.workflow.ui_to_api import ui_to_api

_WORKFLOWS = "/api/admin/library/workflows"
_RANDOM = -1
_SEEDS = ("seed", "noise_seed")


@dataclass(frozen=True, slots=True)
class GivenWorkflow:
    """What is known before a server is asked."""

    name: str
    file: WorkflowFile | None
    """None: the name is that of a workflow in the library."""

    @property
    def prompt(self) -> Graph | None:
        """The graph, where no conversion is needed."""
        return None if self.file is None else as_graph(self.file.prompt)

    @property
    def extra_data(self) -> JsonObject:
        """What the outputs carry besides the graph: the editor's form."""
        if self.file is None or self.file.workflow is None:
            return {}
        return {"extra_pnginfo": {"workflow": self.file.workflow}}


def given_workflow(text: str) -> GivenWorkflow:
    """A file of that name, else a workflow in the library; BAD_REQUEST for an unusable file."""
    path = Path(text)
    looks_like_file = path.suffix != "" or len(path.parts) > 1
    if path.exists() or looks_like_file:
        return GivenWorkflow(text, read_file(path))
    return GivenWorkflow(text, None)


def read_file(path: Path) -> WorkflowFile:
    """BAD_REQUEST for a file that cannot be read or carries no workflow."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise AppError(ErrorCode.BAD_REQUEST, message) from error
    try:
        return read_workflow_file(data)
    except AppError as error:
        raise AppError(ErrorCode.BAD_REQUEST, f"{path}: {error.message}", error.details) from None


async def resolve(
    given: GivenWorkflow, client: Client, params: Mapping[str, Any]
) -> tuple[Graph, JsonObject]:
    """The graph in API format, converted or bound by what the server knows, and its extra data."""
    if given.file is None:
        bound = await client.ask(
            "POST", f"{_WORKFLOWS}/{given.name}/bind", dict[str, Any],
            json={"params": params},
        )  # fmt: skip
        return as_graph(bound["prompt"]) or {}, bound["extra_data"]
    graph = given.prompt
    if graph is None:
        object_info = ObjectInfo(await client.object_info())
        graph = as_graph(ui_to_api(given.file.workflow, EditorClasses(object_info)))
    return graph or {}, given.extra_data


async def placed_axes(axes: Sequence[str], given: GivenWorkflow, client: Client) -> tuple[str, ...]:
    """The axes of a sweep, names of the library's form turned into NODE.INPUT."""
    if given.file is not None:
        return tuple(axes)
    page = await client.ask("GET", f"{_WORKFLOWS}/{given.name}", dict[str, Any])
    places = {
        item["id"]: f"{item['node_id']}.{item['field']}"
        for item in page["manifest"]["inputs"]
        if item.get("node_id") and item.get("field")
    }
    split = (axis.partition("=") for axis in axes)
    return tuple(f"{places.get(name, name)}{equals}{values}" for name, equals, values in split)


async def with_explicit_seeds(graph: Graph, client: Client) -> Graph:
    """Every seed of -1 drawn; the same graph when there is none."""
    if not any(
        node.get("inputs", {}).get(name) == _RANDOM for node in graph.values() for name in _SEEDS
    ):
        return graph
    object_info = ObjectInfo(await client.object_info())
    return as_graph(resolve_seeds(graph, object_info, secrets.randbelow).prompt) or {}


def parse_params(texts: Iterable[str]) -> dict[str, Any]:
    """Every NAME=VALUE; lists and objects are JSON, the rest is text. BAD_REQUEST."""
    params: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise AppError(ErrorCode.BAD_REQUEST, f"{text!r} is not of the form NAME=VALUE.")
        try:
            params[name] = json.loads(value) if value[:1] in {"[", "{"} else value
        except ValueError:
            params[name] = value
    return params


def as_graph(prompt: JsonObject | None) -> Graph | None:
    """A prompt whose nodes may be changed."""
    if prompt is None:
        return None
    return {
        node_id: {**node, "inputs": dict(_mapping(node.get("inputs")))}
        for node_id, node in prompt.items()
        if isinstance(node, Mapping)
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
