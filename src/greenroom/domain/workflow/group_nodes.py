"""Group nodes, an older form, turned into subgraphs as the editor does when it opens a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.editor_class import EditorClass, EditorClasses
from greenroom.domain.workflow.ui_graph import (
    MAX_NODES,
    SUBGRAPH_INPUT,
    SUBGRAPH_OUTPUT,
    Boundary,
    UiGraph,
    UiInput,
    UiLink,
    UiNode,
    UiOutput,
    UiScope,
    parse_node,
)
from greenroom.domain.workflow.unreadable import unreadable

_PREFIXES = ("workflow>", "workflow/")


@dataclass(frozen=True, slots=True)
class _Exposed:
    """A socket of the group: an input of one of the nodes inside."""

    name: str
    type: str
    node: int
    input: str


class _InnerLink(NamedTuple):
    """A link between two nodes of a group, named by their places in it."""

    source: int
    slot: int
    target: int
    input_name: str


class _Group:
    """What the file says about one group, with the nodes' classes."""

    def __init__(
        self, source: JsonObject, classes: Sequence[EditorClass], nodes: list[UiNode]
    ) -> None:
        self.nodes = nodes
        self.classes = classes
        self.links = [
            link
            for item in _lists(source.get("links"))
            if (link := _inner_link(item, nodes)) is not None
        ]
        self.external = {
            (item[0], item[1])
            for item in _lists(source.get("external"))
            if isinstance(item[0], int) and isinstance(item[1], int)
        }
        self.config = source.get("config")

    def exposed(self) -> list[_Exposed]:
        """The group's sockets in their order; those of converted widgets come last."""
        taken = {(link.target, link.input_name) for link in self.links}
        seen: dict[str, int] = {}
        found: list[_Exposed] = []
        late: list[tuple[int, str, str]] = []
        for index, (node, cls) in enumerate(zip(self.nodes, self.classes, strict=True)):
            converted = _converted(node)
            for spec in cls.widgets:
                if spec.name in converted:
                    late.append((index, spec.name, spec.type))
                elif spec.sent:
                    _unique_name(node, spec.name, seen)
            for socket in cls.sockets:
                if (index, socket.name) not in taken and self._visible(index, socket.name):
                    name = self._name(index, socket.name, seen)
                    found.append(_Exposed(name, socket.type, index, socket.name))
        for index, name, kind in late:
            if (index, name) not in taken and self._visible(index, name):
                found.append(_Exposed(self._name(index, name, seen), kind, index, name))
        return found

    def outputs(self) -> Iterator[tuple[int, int, str]]:
        """(node, slot, type) of each output that the group shows."""
        used = {(link.source, link.slot) for link in self.links}
        for index, cls in enumerate(self.classes):
            for slot, kind in enumerate(cls.outputs):
                if (index, slot) not in used or (index, slot) in self.external:
                    yield index, slot, kind

    def _name(self, index: int, input_name: str, seen: dict[str, int]) -> str:
        said = self._custom(index, input_name).get("name")
        return _unique_name(self.nodes[index], said if isinstance(said, str) else input_name, seen)

    def _visible(self, index: int, input_name: str) -> bool:
        return self._custom(index, input_name).get("visible") is not False

    def _custom(self, index: int, input_name: str) -> JsonObject:
        found: JsonValue = self.config
        for key in (str(index), "input", input_name):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def without_group_nodes(graph: UiGraph, classes: EditorClasses) -> UiGraph:
    """The graph with a subgraph for each group node whose insides are all of known classes."""
    if not graph.group_nodes:
        return graph
    last = graph.last_node_id
    scopes: dict[str, UiScope] = dict(graph.subgraphs)
    renamed: dict[str, str] = {}
    nodes: list[UiNode] = []
    for node in graph.root.nodes:
        group = _group(node, graph.group_nodes, classes, last)
        if group is None:
            nodes.append(node)
            continue
        last += len(group.nodes) + 1
        if last - graph.last_node_id > MAX_NODES:
            raise unreadable(f"group nodes hold more than {MAX_NODES} nodes")
        scope_id = f"group node {node.id}"
        renamed[node.id] = str(last)
        scopes[scope_id] = _scope(scope_id, group, node)
        nodes.append(_host(node, str(last), scope_id, group))
    links = {link.id: _renamed(link, renamed) for link in graph.root.links.values()}
    root = replace(graph.root, nodes=tuple(nodes), links=links)
    return UiGraph(root, scopes, last, {})


def _group(node: UiNode, groups: JsonObject, classes: EditorClasses, last: int) -> _Group | None:
    source = groups.get(node.type[len(_PREFIXES[0]) :])
    if not node.type.startswith(_PREFIXES) or not isinstance(source, Mapping):
        return None
    bodies = source.get("nodes")
    inner = [
        replace(parse_node({**body, "id": last + number}), numbered=False)
        for number, body in enumerate(bodies if isinstance(bodies, list) else (), 1)
        if isinstance(body, Mapping)
    ]
    known = [cls for item in inner if (cls := classes.find(item.type)) is not None]
    return _Group(source, known, inner) if inner and len(known) == len(inner) else None


def _scope(scope_id: str, group: _Group, host: UiNode) -> UiScope:
    values = list(_values(group, host.widgets_values))
    links: dict[int | str, UiLink] = {}
    feeds: dict[tuple[int, str], str] = {}
    for number, link in enumerate(group.links):
        link_id = f"inner {number}"
        feeds[link.target, link.input_name] = link_id
        origin, target_id = group.nodes[link.source].id, group.nodes[link.target].id
        links[link_id] = UiLink(link_id, origin, link.slot, target_id, 0, "*")
    inputs: list[Boundary] = []
    for slot, item in enumerate(group.exposed()):
        link_id = f"outer {slot}"
        feeds[item.node, item.input] = link_id
        target_id = group.nodes[item.node].id
        links[link_id] = UiLink(link_id, SUBGRAPH_INPUT, slot, target_id, 0, item.type)
        inputs.append(Boundary(item.name, item.type, (link_id,)))
    outputs: list[Boundary] = []
    for slot, (index, inner_slot, kind) in enumerate(group.outputs()):
        link_id = f"out {slot}"
        origin = group.nodes[index].id
        links[link_id] = UiLink(link_id, origin, inner_slot, SUBGRAPH_OUTPUT, slot, kind)
        outputs.append(Boundary(kind, kind, (link_id,)))
    nodes = tuple(_fed(node, index, values[index], feeds) for index, node in enumerate(group.nodes))
    return UiScope(scope_id, host.type, nodes, links, tuple(inputs), tuple(outputs))


def _fed(
    node: UiNode, index: int, values: JsonObject, feeds: Mapping[tuple[int, str], str]
) -> UiNode:
    names = {item.name for item in node.inputs}
    inputs = [replace(item, link=feeds.get((index, item.name))) for item in node.inputs]
    inputs += [
        UiInput(name, "*", link, None)
        for (owner, name), link in feeds.items()
        if owner == index and name not in names
    ]
    return replace(node, inputs=tuple(inputs), widgets_values=values)


def _values(
    group: _Group, saved: Sequence[JsonValue] | Mapping[str, JsonValue]
) -> Iterator[JsonObject]:
    """For each node inside, the values that the group has for its widgets, by name."""
    places = list(saved) if isinstance(saved, Sequence) else []
    place = 0
    for node, cls in zip(group.nodes, group.classes, strict=True):
        converted = _converted(node)
        values: dict[str, JsonValue] = {}
        for spec in cls.widgets:
            if spec.name in converted or not spec.saved:
                continue
            if place < len(places):
                values[spec.name] = places[place]
            place += 1 + spec.controls
        yield values


def _host(node: UiNode, node_id: str, scope_id: str, group: _Group) -> UiNode:
    saved = {item.name: item for item in node.inputs}
    inputs = tuple(
        UiInput(item.name, item.type, saved[item.name].link if item.name in saved else None, None)
        for item in group.exposed()
    )
    return replace(
        node,
        id=node_id,
        numbered=False,
        type=scope_id,
        inputs=inputs,
        outputs=tuple(UiOutput(kind, kind) for _, _, kind in group.outputs()),
        widgets_values=(),
    )


def _unique_name(node: UiNode, name: str, seen: dict[str, int]) -> str:
    """The name that the group gives an input: its own, or with the node's title before it."""
    key = name
    if name in seen:
        prefix = f"{node.title or node.type} "
        key = f"{prefix}{name}"
        name = f"{prefix}{seen[key]} {name}" if key in seen else key
    seen[key] = seen.get(key, 1) + 1
    return name


def _converted(node: UiNode) -> set[str]:
    return {item.name for item in node.inputs if item.widget == item.name}


def _renamed(link: UiLink, names: Mapping[str, str]) -> UiLink:
    return replace(
        link,
        origin=names.get(link.origin, link.origin),
        target=names.get(link.target, link.target),
    )


def _inner_link(item: Sequence[JsonValue], nodes: Sequence[UiNode]) -> _InnerLink | None:
    """A link of which both ends are inside, and its input is there."""
    ends = [part for part in item[:4] if type(part) is int and part >= 0]
    if len(ends) < 4:
        return None
    source, slot, target, target_slot = ends
    if source >= len(nodes) or target >= len(nodes) or target_slot >= len(nodes[target].inputs):
        return None
    return _InnerLink(source, slot, target, nodes[target].inputs[target_slot].name)


def _lists(value: JsonValue) -> list[Sequence[JsonValue]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, list) and len(item) >= 2]
