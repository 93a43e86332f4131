"""API-format graph: parse it, and walk its nodes and links without recursion."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.prompt_error import missing_node_type, prompt_error, unknown_class

_NO_INPUTS: JsonObject = {}
_SMALLEST, _BIGGEST = -(2**63), 2**64 - 1


@dataclass(frozen=True, slots=True)
class GraphLimits:
    """What a graph may hold at most."""

    nodes: int = 20_000
    literal_depth: int = 100
    """Levels of lists and objects inside one input."""


DEFAULT_LIMITS = GraphLimits()


class Link(NamedTuple):
    """An input that takes the output `slot` of another node."""

    node_id: str
    slot: int | float


class Node(NamedTuple):
    """One node. `title` is what the editor shows, when the graph says it."""

    class_type: str
    inputs: JsonObject
    title: JsonValue = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph in API format. `source` is the JSON it was made from, untouched."""

    nodes: Mapping[str, Node]
    source: JsonObject
    without_inputs: frozenset[str] = field(default_factory=frozenset)
    """Nodes that have no `inputs` member at all; their `inputs` are empty here."""


def parse_graph(prompt: JsonValue, limits: GraphLimits = DEFAULT_LIMITS) -> Graph:
    """The graph in decoded JSON; INVALID_GRAPH or TOO_LARGE when it is none."""
    if not isinstance(prompt, dict):
        raise prompt_error(
            "invalid_prompt", "The prompt is not an object", f"It is {json_kind(prompt)}"
        )
    if len(prompt) > limits.nodes:
        raise _too_large(f"The prompt has {len(prompt)} nodes; the limit is {limits.nodes}")
    nodes: dict[str, Node] = {}
    without_inputs: list[str] = []
    for node_id, body in prompt.items():
        if not isinstance(body, dict):
            raise _malformed(node_id, f"The node is {json_kind(body)}, not an object")
        class_type = body.get("class_type")
        if not isinstance(class_type, str):
            raise _no_class(node_id, body)
        inputs = body.get("inputs", _NO_INPUTS)
        if inputs is _NO_INPUTS:
            without_inputs.append(node_id)
        elif not isinstance(inputs, dict):
            raise _malformed(node_id, f"Its inputs are {json_kind(inputs)}, not an object")
        _check_literals(node_id, inputs, limits.literal_depth)
        nodes[node_id] = Node(class_type, inputs, _title(node_id, body, limits.literal_depth))
    return Graph(nodes, prompt, frozenset(without_inputs))


def is_link(value: JsonValue) -> bool:
    """Whether a run would take `value` as a link: [node id, slot]."""
    return (
        type(value) is list
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], (int, float))
    )


def as_link(value: JsonValue) -> Link | None:
    """`value` as a link, or None when it is a literal."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    node_id, slot = value
    if isinstance(node_id, str) and isinstance(slot, (int, float)):
        return Link(node_id, slot)
    return None


def links(node: Node) -> Iterator[tuple[str, Link]]:
    """The linked inputs of a node: (input name, link)."""
    for name, value in node.inputs.items():
        link = as_link(value)
        if link is not None:
            yield name, link


def ancestors(graph: Graph, targets: Iterable[str]) -> set[str]:
    """`targets` and every node they need, directly or not; links to nowhere are passed over."""
    found: set[str] = set()
    waiting = [node_id for node_id in targets if node_id in graph.nodes]
    while waiting:
        node_id = waiting.pop()
        if node_id in found:
            continue
        found.add(node_id)
        for _, link in links(graph.nodes[node_id]):
            if link.node_id in graph.nodes and link.node_id not in found:
                waiting.append(link.node_id)
    return found


def topological_order(graph: Graph, targets: Iterable[str] | None = None) -> list[str]:
    """Every node that `targets` need (all nodes by default), each after the nodes it takes from.

    INVALID_GRAPH when some depend on themselves.
    """
    needed = set(graph.nodes) if targets is None else ancestors(graph, targets)
    missing: dict[str, int] = {}
    users: dict[str, list[str]] = {}
    for node_id in graph.nodes:
        if node_id not in needed:
            continue
        sources = {link.node_id for _, link in links(graph.nodes[node_id])} & needed
        missing[node_id] = len(sources)
        for source in sources:
            users.setdefault(source, []).append(node_id)
    order = [node_id for node_id, count in missing.items() if count == 0]
    for node_id in order:
        for user in users.get(node_id, ()):
            missing[user] -= 1
            if missing[user] == 0:
                order.append(user)
    if len(order) < len(missing):
        raise prompt_error("dependency_cycle", "Dependency cycle detected")
    return order


def json_kind(value: JsonValue) -> str:
    """What a JSON value is, in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"


def _title(node_id: str, body: JsonObject, depth: int) -> JsonValue:
    """The node's title; also looks at members that mean nothing here, which must not be deep."""
    meta = body.get("_meta")
    title = None
    if isinstance(meta, dict):
        title = meta.get("title")
        if len(body) <= 3 and len(meta) == 1 and isinstance(title, str):
            return title
    elif len(body) == 2 and "inputs" in body:
        return None
    for name, value in body.items():
        if name != "inputs" and isinstance(value, (list, dict)):
            _check_depth(node_id, value, depth)
    return title


def _no_class(node_id: str, body: JsonObject) -> AppError:
    meta = body.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    if "class_type" in body:
        class_type = body["class_type"]
        return unknown_class(node_id, class_type, title or class_type)
    name = title or f"ID #{node_id}"
    message = (
        f"Node '{name}' has no class_type. The workflow may be corrupted or a custom node "
        "is missing."
    )
    return missing_node_type(node_id, None, title, message)


def _malformed(node_id: str, reason: str) -> AppError:
    return prompt_error(
        "invalid_prompt",
        "The prompt has a malformed node",
        f"Node ID '#{node_id}': {reason}",
        extra_info={"node_id": node_id},
    )


def _too_large(message: str) -> AppError:
    return prompt_error("prompt_too_large", message, code=ErrorCode.TOO_LARGE)


def _check_literals(node_id: str, inputs: JsonObject, depth: int) -> None:
    for value in inputs.values():
        if type(value) is str:
            continue
        if type(value) is int:
            if not _SMALLEST <= value <= _BIGGEST:
                raise _malformed(node_id, "An integer does not fit into 64 bits")
        elif isinstance(value, (list, dict)) and not is_link(value):
            _check_depth(node_id, value, depth)


def _check_depth(node_id: str, value: JsonValue, limit: int) -> None:
    level: list[JsonValue] = [value]
    for _ in range(limit):
        level = [inner for outer in level for inner in _members(outer)]
        if not level:
            return
    raise _malformed(node_id, f"An input is nested more than {limit} levels deep")


def _members(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()
