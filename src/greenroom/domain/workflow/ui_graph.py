"""UI-format graph: what a workflow file of the editor says, parsed and nothing more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.unreadable import unreadable

MAX_NODES = 20_000
"""Most nodes that one file may hold, definitions included."""

MAX_SLOTS = 500
"""Most inputs, and most outputs, of one subgraph."""
MAX_HOST_SLOTS = 200_000
"""Most inputs of all the nodes that stand for subgraphs together."""

SUBGRAPH_INPUT = "-10"
"""The origin of a link that comes from outside the subgraph."""
SUBGRAPH_OUTPUT = "-20"
"""The target of a link that leaves the subgraph."""

LinkId: TypeAlias = int | str


class NodeMode(IntEnum):
    ALWAYS = 0
    ON_EVENT = 1
    MUTED = 2
    ON_TRIGGER = 3
    BYPASSED = 4


@dataclass(frozen=True, slots=True)
class UiLink:
    id: LinkId
    origin: str
    origin_slot: int
    target: str
    target_slot: int
    type: str


@dataclass(frozen=True, slots=True)
class UiInput:
    name: str
    type: str
    link: LinkId | None
    widget: str | None
    """The name of the widget that this socket feeds."""


@dataclass(frozen=True, slots=True)
class UiOutput:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class UiNode:
    id: str
    numbered: bool
    """Whether the file gives the id as a number: only those are renumbered when they clash."""
    type: str
    mode: NodeMode
    title: str | None
    inputs: tuple[UiInput, ...]
    outputs: tuple[UiOutput, ...]
    widgets_values: Sequence[JsonValue] | Mapping[str, JsonValue]
    properties: JsonObject


@dataclass(frozen=True, slots=True)
class Boundary:
    """One input or output of a subgraph definition, as seen from inside."""

    name: str
    type: str
    links: tuple[LinkId, ...]


@dataclass(frozen=True, slots=True)
class UiScope:
    """The nodes and links of one level: the root graph, or one subgraph definition."""

    id: str
    name: str
    nodes: tuple[UiNode, ...]
    links: Mapping[LinkId, UiLink]
    inputs: tuple[Boundary, ...] = ()
    outputs: tuple[Boundary, ...] = ()


@dataclass(frozen=True, slots=True)
class UiGraph:
    root: UiScope
    subgraphs: Mapping[str, UiScope]
    """Definitions by id, in the order of the file."""
    last_node_id: int
    group_nodes: JsonObject = field(default_factory=dict)
    """Group nodes by name, as the file has them."""


def is_ui_graph(value: JsonValue) -> bool:
    """Whether a JSON value looks like a workflow of the editor, not like a prompt."""
    return isinstance(value, Mapping) and isinstance(value.get("nodes"), list)


def parse_ui_graph(value: JsonValue) -> UiGraph:
    """Read a workflow file's JSON; INVALID_GRAPH names the place that is wrong."""
    if not isinstance(value, Mapping) or not is_ui_graph(value):
        raise unreadable("not a workflow of the editor: there is no list of nodes")
    definitions = _mapping(value.get("definitions")).get("subgraphs")
    scopes = [_scope(_object(d, "a subgraph definition")) for d in _list(definitions, "subgraphs")]
    root = _scope(value)
    subgraphs = {scope.id: scope for scope in scopes}
    if len(subgraphs) != len(scopes):
        raise unreadable("two subgraph definitions have the same id")
    _refuse_giants((root, *scopes), subgraphs)
    state = _mapping(value.get("state"))
    last = max(_integer(value.get("last_node_id")), _integer(state.get("lastNodeId")))
    groups = _mapping(_mapping(value.get("extra")).get("groupNodes"))
    return UiGraph(root, subgraphs, last, groups)


def _refuse_giants(scopes: Sequence[UiScope], subgraphs: Mapping[str, UiScope]) -> None:
    if sum(len(scope.nodes) for scope in scopes) > MAX_NODES:
        raise unreadable(f"more than {MAX_NODES} nodes")
    if any(max(len(scope.inputs), len(scope.outputs)) > MAX_SLOTS for scope in scopes):
        raise unreadable(f"a subgraph has more than {MAX_SLOTS} inputs or outputs")
    hosts = (node.type for scope in scopes for node in scope.nodes if node.type in subgraphs)
    if sum(len(subgraphs[kind].inputs) for kind in hosts) > MAX_HOST_SLOTS:
        raise unreadable(f"subgraph nodes have more than {MAX_HOST_SLOTS} inputs together")


def _scope(value: JsonObject) -> UiScope:
    name = str(value.get("name") or "")
    where = f"subgraph {name!r}" if "inputs" in value or "outputs" in value else "the graph"
    nodes = tuple(
        parse_node(_object(n, f"a node of {where}")) for n in _list(value.get("nodes"), "nodes")
    )
    _refuse_duplicates(nodes, where)
    links = [_link(item, where) for item in _list(value.get("links"), "links")]
    return UiScope(
        id=str(value.get("id") or ""),
        name=name,
        nodes=nodes,
        links={link.id: link for link in links},
        inputs=_boundaries(value.get("inputs")),
        outputs=_boundaries(value.get("outputs")),
    )


def _refuse_duplicates(nodes: tuple[UiNode, ...], where: str) -> None:
    seen: set[str] = set()
    for node in nodes:
        if node.id in seen:
            raise unreadable(f"two nodes of {where} have the id {node.id}", node_id=node.id)
        seen.add(node.id)


def parse_node(value: JsonObject) -> UiNode:
    """One node's JSON; INVALID_GRAPH when it lacks what every node has."""
    node_id, kind = value.get("id"), value.get("type")
    if isinstance(node_id, bool) or not isinstance(node_id, int | str):
        raise unreadable("a node has no id")
    if not isinstance(kind, str):
        raise unreadable(f"node {node_id} has no type", node_id=str(node_id))
    mode = value.get("mode")
    values = value.get("widgets_values")
    title = value.get("title")
    return UiNode(
        id=str(node_id),
        numbered=isinstance(node_id, int),
        type=kind,
        mode=NodeMode(mode) if isinstance(mode, int) and mode in _MODES else NodeMode.ALWAYS,
        title=title if isinstance(title, str) and title else None,
        inputs=tuple(_input(_object(i, "an input")) for i in _list(value.get("inputs"), "inputs")),
        outputs=tuple(
            UiOutput(str(o.get("name") or ""), _type(o.get("type")))
            for o in (_object(o, "an output") for o in _list(value.get("outputs"), "outputs"))
        ),
        widgets_values=values if isinstance(values, list | Mapping) else (),
        properties=_mapping(value.get("properties")),
    )


_MODES = frozenset(NodeMode)


def _input(value: JsonObject) -> UiInput:
    widget = _mapping(value.get("widget")).get("name")
    return UiInput(
        name=str(value.get("name") or ""),
        type=_type(value.get("type")),
        link=_link_id(value.get("link")),
        widget=widget if isinstance(widget, str) else None,
    )


def _boundaries(value: JsonValue) -> tuple[Boundary, ...]:
    slots = (_object(slot, "a subgraph slot") for slot in _list(value, "slots"))
    return tuple(
        Boundary(
            name=str(slot.get("name") or ""),
            type=_type(slot.get("type")),
            links=tuple(
                link
                for item in _list(slot.get("linkIds"), "linkIds")
                if (link := _link_id(item)) is not None
            ),
        )
        for slot in slots
    )


def _link(value: JsonValue, where: str) -> UiLink:
    if isinstance(value, Mapping):
        names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
        parts: Sequence[JsonValue] = [value.get(name) for name in names]
    elif isinstance(value, list) and len(value) >= 5:
        parts = value
    else:
        raise unreadable(f"a link of {where} is neither a list of six nor an object")
    link_id = _link_id(parts[0])
    if link_id is None:
        raise unreadable(f"a link of {where} has no id")
    return UiLink(
        id=link_id,
        origin=str(parts[1]),
        origin_slot=_integer(parts[2]),
        target=str(parts[3]),
        target_slot=_integer(parts[4]),
        type=_type(parts[5]) if len(parts) > 5 else "*",
    )


def _link_id(value: JsonValue) -> LinkId | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _type(value: JsonValue) -> str:
    if isinstance(value, list):
        return "COMBO"
    return value if isinstance(value, str) and value else "*"


def _integer(value: JsonValue) -> int:
    try:
        return int(value) if isinstance(value, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0


def _mapping(value: JsonValue) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _object(value: JsonValue, what: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise unreadable(f"{what} is not an object")
    return value


def _list(value: JsonValue, what: str) -> Sequence[JsonValue]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise unreadable(f"{what} is not a list")
    return value
