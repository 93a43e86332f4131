"""Prompt -> workflow file that the editor opens, laid out, and that converts back to the same."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.dynamic_prompt import protect_from_expansion
from greenroom.domain.workflow.editor_class import (
    EditorClass,
    EditorClasses,
    WidgetSpec,
    has_widget,
    widget_spec,
)
from greenroom.domain.workflow.graph import Graph, Link, Node, as_link, parse_graph
from greenroom.domain.workflow.graph_layout import Box, lay_out
from greenroom.domain.workflow.input_spec import ANY_TYPE
from greenroom.domain.workflow.javascript import as_text
from greenroom.domain.workflow.lora_stack import LORA_STACK_CLASS, stack_values
from greenroom.domain.workflow.socket_literals import with_values_as_nodes
from greenroom.domain.workflow.unreadable import missing_classes, unreadable
from greenroom.domain.workflow.widget_values import following

_NARROW, _WIDE = 300.0, 420.0
_TITLE, _FRAME, _SLOT, _WIDGETS, _WIDGET = 30.0, 6.0, 20.0, 8.0, 24.0
"""Heights in the editor: title bar, frame, one socket, the widgets' margin, one widget."""
_TEXT_AREA = 144.0
_PICTURES = frozenset({"LoadImage", "LoadImageMask", "PreviewImage", "SaveImage", "ImageCompare"})
_PICTURE = 240.0
_SHOWS_TEXT = frozenset({"PreviewAny", "SaveText"})
_TEXT_VIEW = 100.0
_PLAYS = frozenset({"PreviewAudio", "RecordAudio", "LoadAudio"})
_PLAYER = 90.0
_CANVASES = {"LOAD_3D": 400.0, "BOUNDING_BOXES": 420.0, "BOUNDING_BOX": 320.0}
"""Widget types that are pictures to work in."""
_SAVES_BY_NAME = "VHS_"


@dataclass(slots=True)
class _Drawn:
    """A node on its way into the file."""

    id: str
    cls: EditorClass
    node: Node
    inputs: list[dict[str, JsonValue]] = field(default_factory=list)
    outputs: list[list[JsonValue]] = field(default_factory=list)
    """The ids of the links that leave each output."""
    values: list[JsonValue] = field(default_factory=list)
    texts: int = 0

    @property
    def saved_values(self) -> JsonValue:
        """`widgets_values`: by place, or by name for a pack whose own code reads it so."""
        if not self.cls.name.startswith(_SAVES_BY_NAME):
            return self.values
        return {k: v for k, v in self.node.inputs.items() if as_link(v) is None}


def api_to_ui(prompt: JsonValue, classes: EditorClasses) -> dict[str, JsonValue]:
    """The workflow file of a prompt.

    A plain value at a socket, for which the editor has no place, becomes a primitive node.
    INVALID_GRAPH when it is no prompt, has node classes nobody defines, links to nowhere or in a
    circle.
    """
    graph = with_values_as_nodes(parse_graph(prompt), classes)
    drawn = {node_id: _drawn(node_id, node, classes) for node_id, node in _known(graph, classes)}
    links = list(_connect(graph, drawn))
    boxes = {node_id: _box(item) for node_id, item in drawn.items()}
    corners = lay_out(boxes, [(str(link[1]), str(link[3])) for link in links])
    numbers = [int(node_id) for node_id in drawn if _is_number(node_id)]
    return {
        "last_node_id": max(numbers, default=0),
        "last_link_id": len(links),
        "nodes": [
            _node(item, order, corners[node_id], boxes[node_id])
            for order, (node_id, item) in enumerate(drawn.items())
        ],
        "links": [
            [number, _id(str(origin)), slot, _id(str(target)), *rest]
            for number, origin, slot, target, *rest in links
        ],
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _known(graph: Graph, classes: EditorClasses) -> list[tuple[str, Node]]:
    missing = {
        node_id: node.class_type
        for node_id, node in graph.nodes.items()
        if classes.find(node.class_type) is None
    }
    if missing:
        raise missing_classes(missing)
    return list(graph.nodes.items())


def _drawn(node_id: str, node: Node, classes: EditorClasses) -> _Drawn:
    cls = classes.find(node.class_type)
    if cls is None:
        raise missing_classes({node_id: node.class_type})
    drawn = _Drawn(node_id, cls, node, outputs=[[] for _ in cls.outputs])
    for socket in cls.sockets:
        if not socket.grows:
            drawn.inputs.append({"name": socket.name, "type": socket.type, "link": None})
    widgets: set[str] = set()
    for spec in _widgets(cls, node.inputs):
        widgets.add(spec.name)
        drawn.values.extend(_saved(spec, node.inputs))
        drawn.texts += bool(spec.options.get("multiline"))
    if cls.name == LORA_STACK_CLASS:
        drawn.values = stack_values(node.inputs)
    sockets = {str(item["name"]) for item in drawn.inputs}
    for name, value in node.inputs.items():
        if name not in sockets and as_link(value) is not None:
            entry: dict[str, JsonValue] = {"name": name, "type": ANY_TYPE, "link": None}
            drawn.inputs.append({**entry, "widget": {"name": name}} if name in widgets else entry)
    return drawn


def _widgets(cls: EditorClass, inputs: JsonObject) -> Iterator[WidgetSpec]:
    """The widgets in their saved order, with those that the values bring."""
    waiting = list(reversed(cls.widgets))
    while waiting:
        spec = waiting.pop()
        yield spec
        value = _literal(spec, inputs)
        if spec.branches is not None:
            children = spec.branches.get(as_text(value), ())
            waiting.extend(widget_spec(c) for c in reversed(children) if has_widget(c))
        if spec.growing and value:
            waiting.append(following(spec))


def _literal(spec: WidgetSpec, inputs: JsonObject) -> JsonValue:
    value = inputs.get(spec.name, spec.default)
    if as_link(value) is not None:
        return spec.default
    if isinstance(value, Mapping) and value.keys() == {"__value__"}:
        return value["__value__"]
    return value


def _saved(spec: WidgetSpec, inputs: JsonObject) -> Iterator[JsonValue]:
    if not spec.saved:
        return
    value = _literal(spec, inputs)
    if isinstance(value, str) and spec.options.get("dynamicPrompts") is True:
        value = protect_from_expansion(value)
    yield value
    yield from ("fixed", "")[: spec.controls]


def _connect(graph: Graph, drawn: dict[str, _Drawn]) -> Iterator[list[JsonValue]]:
    """The link table; fills in both ends of each link."""
    number = 0
    for node_id, item in drawn.items():
        for slot, entry in enumerate(item.inputs):
            link = as_link(graph.nodes[node_id].inputs.get(str(entry["name"])))
            if link is None:
                continue
            if not math.isfinite(link.slot):
                raise unreadable(f"an input of node {node_id} names no slot", node_id=node_id)
            kind = _type(drawn, link, entry, node_id)
            number += 1
            entry["link"] = number
            entry["type"] = kind if entry["type"] == ANY_TYPE else entry["type"]
            outputs = drawn[link.node_id].outputs
            if 0 <= link.slot < len(outputs):
                outputs[int(link.slot)].append(number)
            yield [number, link.node_id, int(link.slot), node_id, slot, kind]


def _type(
    drawn: dict[str, _Drawn], link: Link, entry: dict[str, JsonValue], node_id: str
) -> JsonValue:
    origin = drawn.get(link.node_id)
    if origin is None:
        message = f"input {entry['name']!r} of node {node_id} is linked to node {link.node_id}, "
        raise unreadable(f"{message}which is not there", node_id=node_id)
    kinds = origin.cls.outputs
    kind = kinds[int(link.slot)] if 0 <= link.slot < len(kinds) else ANY_TYPE
    return entry["type"] if kind.startswith("COMFY_") else kind


def _node(item: _Drawn, order: int, corner: tuple[float, float], box: Box) -> dict[str, JsonValue]:
    cls = item.cls
    names = (*cls.output_names, *cls.outputs[len(cls.output_names) :])
    drawn: dict[str, JsonValue] = {
        "id": _id(item.id),
        "type": cls.name,
        "pos": [corner[0], corner[1] + _TITLE],
        "size": [box.width, box.height - _TITLE],
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": item.inputs,
        "outputs": [
            {
                "name": name,
                "type": ANY_TYPE if kind.startswith("COMFY_") else kind,
                "links": leaving or None,
            }
            for name, kind, leaving in zip(names, cls.outputs, item.outputs, strict=False)
        ],
        "properties": {"Node name for S&R": cls.name},
        "widgets_values": item.saved_values,
    }
    title = item.node.title
    if isinstance(title, str) and title and title != cls.title:
        drawn["title"] = title
    return drawn


def _box(item: _Drawn) -> Box:
    """At least as much room as the editor itself gives a node."""
    name = item.cls.name
    sockets = sum("widget" not in entry for entry in item.inputs)
    # A group of sockets that grows shows one more than are linked.
    sockets += any(socket.grows for socket in item.cls.sockets)
    height = _TITLE + _FRAME + _SLOT * max(sockets, len(item.outputs), 1)
    if item.values:
        height += _WIDGETS + _WIDGET * len(item.values)
    height += _TEXT_AREA * item.texts
    height += sum(_CANVASES.get(spec.type, 0.0) for spec in item.cls.widgets)
    height += _PICTURE * (name in _PICTURES) + _TEXT_VIEW * (name in _SHOWS_TEXT)
    height += _PLAYER * (name in _PLAYS or name.startswith("SaveAudio"))
    return Box(_WIDE if item.texts else _NARROW, height)


def _is_number(node_id: str) -> bool:
    return re.fullmatch(r"0|[1-9][0-9]{0,14}", node_id) is not None


def _id(node_id: str) -> int | str:
    return int(node_id) if _is_number(node_id) else node_id
