"""The nodes of one level as the editor holds them once a file is read: sockets and values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.editor_class import EditorClass, EditorClasses, SocketSpec
from greenroom.domain.workflow.ui_graph import (
    SUBGRAPH_INPUT,
    Boundary,
    LinkId,
    NodeMode,
    UiInput,
    UiLink,
    UiNode,
    UiScope,
)
from greenroom.domain.workflow.widget_values import Widget, read_widgets

PRIMITIVE = "PrimitiveNode"
_PASSING = frozenset({"Reroute"})
_SILENT = frozenset({PRIMITIVE, "Note", "MarkdownNote"})


class NodeKind(Enum):
    RUNNING = auto()
    """A node that appears in the prompt."""
    PASSING = auto()
    """A reroute: what goes in comes out."""
    SILENT = auto()
    """A note, or a primitive whose value others have taken."""
    SUBGRAPH = auto()
    UNKNOWN = auto()


@dataclass(slots=True)
class EditorInput:
    name: str
    type: str
    link: LinkId | None
    widget: str | None = None


@dataclass(slots=True)
class EditorNode:
    """One node. `host_values` belong to a subgraph's input of that name."""

    id: str
    type: str
    kind: NodeKind
    mode: NodeMode
    title: str | None
    inputs: list[EditorInput]
    outputs: tuple[str, ...]
    properties: JsonObject
    saved: Sequence[JsonValue] | Mapping[str, JsonValue]
    widgets: dict[str, Widget] = field(default_factory=dict)
    values: dict[str, JsonValue] = field(default_factory=dict)
    """Widget name -> its value now."""
    host_values: dict[str, JsonValue] = field(default_factory=dict)

    def input_named(self, name: str) -> int | None:
        for index, item in enumerate(self.inputs):
            if item.name == name:
                return index
        return None


@dataclass(slots=True)
class ScopeInput:
    """An input of a subgraph, and what it feeds inside: (node id, input name)."""

    name: str
    type: str
    targets: list[tuple[str, str]]


@dataclass(slots=True)
class EditorScope:
    id: str
    nodes: dict[str, EditorNode]
    links: dict[LinkId, UiLink]
    inputs: list[ScopeInput] = field(default_factory=list)
    outputs: list[UiLink | None] = field(default_factory=list)
    """For each output of a subgraph, the link inside that leads to it."""
    promoted: dict[tuple[str, str], str] = field(default_factory=dict)
    """(node id, widget name) of an older promotion -> the input that it became."""


def open_scope(
    scope: UiScope, classes: EditorClasses, subgraphs: Mapping[str, "EditorScope"]
) -> EditorScope:
    """Build the nodes of one level. `subgraphs` are the definitions opened so far, by id."""
    nodes: dict[str, EditorNode] = {}
    for node in scope.nodes:
        definition = subgraphs.get(node.type)
        if definition is not None:
            nodes[node.id] = _host(node, definition)
        else:
            nodes[node.id] = _node(node, classes.find(node.type))
    opened = EditorScope(scope.id, nodes, dict(scope.links))
    _copy_primitives(opened)
    feeds = _feeds(opened)
    for slot, boundary in enumerate(scope.inputs):
        opened.inputs.append(
            ScopeInput(boundary.name, boundary.type, _targets(boundary, feeds.get(slot, {})))
        )
    for boundary in scope.outputs:
        link = scope.links.get(boundary.links[0]) if boundary.links else None
        opened.outputs.append(link)
    return opened


def _node(node: UiNode, cls: EditorClass | None) -> EditorNode:
    if node.type in _PASSING:
        return _plain(node, NodeKind.PASSING)
    if node.type in _SILENT:
        return _plain(node, NodeKind.SILENT)
    if cls is None:
        return _plain(node, NodeKind.UNKNOWN)
    widgets = {widget.name: widget for widget in read_widgets(cls, node.widgets_values)}
    made = _plain(node, NodeKind.RUNNING)
    made.title = node.title or cls.title
    made.inputs = list(_merged_inputs(node.inputs, cls, widgets))
    made.outputs = _merged_outputs(node, cls)
    made.widgets = widgets
    made.values = {name: widget.value for name, widget in widgets.items()}
    return made


def _plain(node: UiNode, kind: NodeKind) -> EditorNode:
    return EditorNode(
        id=node.id,
        type=node.type,
        kind=kind,
        mode=node.mode,
        title=node.title,
        inputs=[EditorInput(i.name, i.type, i.link, i.widget) for i in node.inputs],
        outputs=tuple(output.type for output in node.outputs),
        properties=node.properties,
        saved=node.widgets_values,
    )


def _host(node: UiNode, definition: EditorScope) -> EditorNode:
    made = _plain(node, NodeKind.SUBGRAPH)
    saved = {item.name: item for item in node.inputs}
    made.inputs = [
        EditorInput(item.name, item.type, saved[item.name].link if item.name in saved else None)
        for item in definition.inputs
    ]
    return made


def _merged_inputs(
    saved: Iterable[UiInput], cls: EditorClass, widgets: Mapping[str, Widget]
) -> Iterable[EditorInput]:
    """The class's own inputs first, sockets before widgets, then what only the file knows."""
    rest = {item.name: item for item in saved}
    for socket in cls.sockets:
        if socket.grows:
            for name in [name for name in rest if name.startswith(f"{socket.name}.")]:
                item = rest.pop(name)
                yield EditorInput(name, item.type, item.link)
        elif socket.name in rest:
            item = rest.pop(socket.name)
            yield EditorInput(socket.name, _socket_type(socket, item), item.link)
        else:
            yield EditorInput(socket.name, socket.type, None)
    for spec in cls.widgets:
        if not spec.socket:
            continue
        found = rest.pop(spec.name, None)
        yield EditorInput(spec.name, spec.type, found.link if found else None, spec.name)
    for item in rest.values():
        yield EditorInput(
            item.name, item.type, item.link, item.name if item.name in widgets else item.widget
        )


def _socket_type(socket: SocketSpec, item: UiInput) -> str:
    return item.type if socket.flexible else socket.type


def _merged_outputs(node: UiNode, cls: EditorClass) -> tuple[str, ...]:
    saved = [output.type for output in node.outputs]
    merged: list[str] = []
    for index, kind in enumerate(cls.outputs):
        flexible = kind.startswith("COMFY_") and index < len(saved)
        merged.append(saved[index] if flexible else kind)
    return (*merged, *saved[len(merged) :])


def _copy_primitives(scope: EditorScope) -> None:
    """Give every widget that a primitive feeds the primitive's value."""
    for node in scope.nodes.values():
        for item in node.inputs:
            link = scope.links.get(item.link) if item.link is not None else None
            origin = scope.nodes.get(link.origin) if link is not None else None
            if origin is None or origin.type != PRIMITIVE:
                continue
            value = primitive_value(origin)
            if value is None:
                continue
            if node.kind is NodeKind.SUBGRAPH:
                item.link = None
                node.host_values[item.name] = value
            elif (item.widget or item.name) in node.values:
                node.values[item.widget or item.name] = value


def primitive_value(node: EditorNode) -> JsonValue:
    """The value of a primitive node; None when the file has none."""
    saved = node.saved
    return saved[0] if isinstance(saved, Sequence) and saved else None


def _feeds(scope: EditorScope) -> dict[int, dict[LinkId, tuple[str, str]]]:
    """Slot of the subgraph's input -> link -> (node id, input name) that it ends in."""
    found: dict[int, dict[LinkId, tuple[str, str]]] = {}
    for node in scope.nodes.values():
        for item in node.inputs:
            link = scope.links.get(item.link) if item.link is not None else None
            if link is not None and link.origin == SUBGRAPH_INPUT:
                found.setdefault(link.origin_slot, {})[link.id] = (node.id, item.name)
    return found


def _targets(boundary: Boundary, feeds: Mapping[LinkId, tuple[str, str]]) -> list[tuple[str, str]]:
    ordered = [feeds[link] for link in boundary.links if link in feeds]
    listed = set(boundary.links)
    return ordered + [target for link, target in feeds.items() if link not in listed]
