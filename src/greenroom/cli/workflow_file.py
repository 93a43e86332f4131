"""Read a workflow from a file and change its inputs as the command line says."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from greenroom.domain.errors import AppError, ErrorCode

Graph: TypeAlias = dict[str, dict[str, Any]]
"""API format: node id -> {class_type, inputs, _meta?}."""


@dataclass(frozen=True, slots=True)
class InputPlace:
    """One input of one node."""

    node: str
    name: str


def read_workflow(path: Path) -> Graph:
    """BAD_REQUEST for a file that is missing, is not JSON, or is not in API format."""
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise _unusable(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise _unusable(f"{path} is not JSON: {error}.") from error
    if isinstance(found, dict) and isinstance(found.get("prompt"), dict):
        found = found["prompt"]
    if isinstance(found, dict) and isinstance(found.get("nodes"), list):
        raise _unusable(
            f"{path} is in the editor's format. Save it there with Export (API) and run that file."
        )
    if not isinstance(found, dict) or not all(isinstance(node, dict) for node in found.values()):
        raise _unusable(f"{path} holds no workflow: an object of nodes is expected.")
    return found


def set_values(graph: Graph, assignments: Iterable[str]) -> None:
    """Apply every NODE.INPUT=VALUE. VALUE is JSON; where a text stood, or if it is none, text."""
    for assignment in assignments:
        place, text = split_assignment(graph, assignment)
        inputs = graph[place.node].setdefault("inputs", {})
        inputs[place.name] = _value(text, inputs.get(place.name))


def split_assignment(graph: Graph, assignment: str) -> tuple[InputPlace, str]:
    """NODE.INPUT=VALUE -> its parts; BAD_REQUEST when there is no such node."""
    left, equals, value = assignment.partition("=")
    if not equals or "." not in left:
        raise _unusable(f"{assignment!r} is not of the form NODE.INPUT=VALUE.")
    # Both ids and input names may hold dots: the longest id that is a node wins.
    dots = [index for index, letter in enumerate(left) if letter == "."]
    for dot in reversed(dots):
        if left[:dot] in graph:
            return InputPlace(left[:dot], left[dot + 1 :]), value
    nodes = ", ".join(f"{node} ({label(graph, node)})" for node in graph)
    raise _unusable(f"{left!r} names no node of this workflow. It has: {nodes}.")


def label(graph: Graph, node: str) -> str:
    """A node's title, or its class."""
    entry = graph.get(node, {})
    meta = entry.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return str(title or entry.get("class_type") or node)


def _value(text: str, before: object) -> Any:
    if isinstance(before, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unusable(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
