"""Values at sockets, for which the editor has no place, moved into primitive nodes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.editor_class import EditorClass, EditorClasses
from greenroom.domain.workflow.graph import Graph, Node, as_link
from greenroom.domain.workflow.unreadable import unreadable

_PRIMITIVES: Mapping[type, str] = {
    bool: "PrimitiveBoolean",
    int: "PrimitiveInt",
    float: "PrimitiveFloat",
    str: "PrimitiveString",
}


def with_values_as_nodes(graph: Graph, classes: EditorClasses) -> Graph:
    """The graph with a primitive node linked wherever a plain value stands at a socket."""
    nodes = dict(graph.nodes)
    next_id = max((int(name) for name in nodes if name.isdecimal() and len(name) < 16), default=0)
    for node_id, node in graph.nodes.items():
        cls = classes.find(node.class_type)
        if cls is None:
            continue
        for name, value in _values_at_sockets(cls, node):
            kind = _PRIMITIVES.get(type(value))
            if kind is None or classes.find(kind) is None:
                message = f"input {name!r} of node {node_id} is a socket, and has a value"
                raise unreadable(message, node_id=node_id, input_name=name)
            next_id += 1
            nodes[str(next_id)] = Node(kind, {"value": value})
            link: JsonValue = [str(next_id), 0]
            inputs: dict[str, JsonValue] = {**nodes[node_id].inputs, name: link}
            nodes[node_id] = nodes[node_id]._replace(inputs=inputs)
    return replace(graph, nodes=nodes)


def _values_at_sockets(cls: EditorClass, node: Node) -> Iterator[tuple[str, JsonValue]]:
    single = {socket.name for socket in cls.sockets if not socket.grows}
    growing = tuple(f"{socket.name}." for socket in cls.sockets if socket.grows)
    for name, value in node.inputs.items():
        if value is None or as_link(value) is not None:
            continue
        if name in single or name.startswith(growing):
            yield name, value
