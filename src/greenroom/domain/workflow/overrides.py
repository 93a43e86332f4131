"""Set inputs of a graph, and touch nothing else."""

import json
from collections.abc import Iterable, Mapping
from typing import NoReturn

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import Graph, Node, json_kind, parse_graph
from greenroom.domain.workflow.nearest import nearest
from greenroom.domain.workflow.object_info import ObjectInfo

Overrides = Mapping[str, Mapping[str, JsonValue]]
"""Node id -> input name -> value."""


def parse_overrides(value: JsonValue) -> Overrides:
    """Overrides in the form {node id: {"inputs": {name: value}}}, or BAD_REQUEST."""
    if not isinstance(value, Mapping):
        _refuse(f"overrides are {json_kind(value)}, not an object")
    overrides: dict[str, Mapping[str, JsonValue]] = {}
    for node_id, body in value.items():
        inputs = body.get("inputs", {}) if isinstance(body, Mapping) else None
        if not isinstance(inputs, Mapping):
            _refuse(f'the override of node {node_id} is not {{"inputs": {{...}}}}', node=node_id)
        overrides[node_id] = inputs
    return overrides


def parse_assignments(texts: Iterable[str], prompt: JsonValue) -> Overrides:
    """Overrides in the form NODE.INPUT=VALUE, or BAD_REQUEST.

    NODE is an id, or a title or class that only one node has. VALUE is JSON, else plain text.
    """
    graph = parse_graph(prompt)
    overrides: dict[str, dict[str, JsonValue]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        node, dot, name = place.partition(".")
        if not equals or not dot or not node or not name:
            _refuse(f"{text!r} is not NODE.INPUT=VALUE")
        overrides.setdefault(_find_node(node, graph), {})[name] = _read_value(value)
    return overrides


def apply_overrides(
    prompt: JsonValue, overrides: Overrides, object_info: ObjectInfo | None = None
) -> JsonObject:
    """A copy of the graph with these inputs set; BAD_REQUEST names what is not there.

    An input must stand in the graph, or be declared by its class when `object_info` is given.
    """
    graph = parse_graph(prompt)
    result = dict(graph.source)
    for node_id, values in overrides.items():
        node = graph.nodes.get(node_id)
        if node is None:
            _refuse_node(node_id, graph)
        for name in values:
            _check_input(node_id, node, name, object_info)
        body = graph.source[node_id]
        if values and isinstance(body, Mapping):
            result[node_id] = {**body, "inputs": {**node.inputs, **values}}
    return result


def _find_node(name: str, graph: Graph) -> str:
    if name in graph.nodes:
        return name
    titled = [node_id for node_id, node in graph.nodes.items() if node.title == name]
    of_class = [node_id for node_id, node in graph.nodes.items() if node.class_type == name]
    found = titled or of_class
    if len(found) > 1:
        ids = ", ".join(found[:10])
        _refuse(f"more than one node is called {name!r}: say one of {ids}", node=name)
    if not found:
        _refuse_node(name, graph)
    return found[0]


def _check_input(node_id: str, node: Node, name: str, object_info: ObjectInfo | None) -> None:
    node_class = object_info.find(node.class_type) if object_info is not None else None
    known = set(node.inputs)
    if node_class is not None:
        known |= node_class.inputs.keys()
    if name in known:
        return
    close = nearest(name, sorted(known))
    hint = _did_you_mean(close or sorted(known)[:5])
    message = f"node {node_id} ({node.class_type}) has no input {name!r}{hint}"
    _refuse(message, node=node_id, input=name, nearest=close)


def _refuse_node(name: str, graph: Graph) -> NoReturn:
    titles = [node.title for node in graph.nodes.values() if isinstance(node.title, str)]
    classes = [node.class_type for node in graph.nodes.values()]
    close = nearest(name, [*graph.nodes, *titles, *classes])
    hint = _did_you_mean(close or list(graph.nodes)[:5])
    _refuse(f"the workflow has no node {name!r}{hint}", node=name, nearest=close)


def _did_you_mean(names: Iterable[str]) -> str:
    said = ", ".join(names)
    return f"; there is {said}" if said else ""


def _read_value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, float) and value in {float("inf"), -float("inf")} else value


def _refuse(message: str, **details: JsonValue) -> NoReturn:
    raise AppError(ErrorCode.BAD_REQUEST, message, details)
