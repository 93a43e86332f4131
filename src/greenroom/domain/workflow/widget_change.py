"""Other values in the widgets of an editor's file, its drawing left as it is."""

from collections.abc import Mapping
from typing import Any

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.editor_class import EditorClass, EditorClasses
from greenroom.domain.workflow.widget_values import read_widgets


def with_widgets(
    workflow: JsonObject, values: Mapping[str, Mapping[str, JsonValue]], classes: EditorClasses
) -> JsonObject:
    """`values` are {node id: {input name: value}}; what has no widget at the top is passed over."""
    nodes = workflow.get("nodes")
    if not isinstance(nodes, list):
        return workflow
    return {**workflow, "nodes": [_changed(node, values, classes) for node in nodes]}


def _changed(
    node: JsonValue, values: Mapping[str, Mapping[str, JsonValue]], classes: EditorClasses
) -> JsonValue:
    if not isinstance(node, Mapping):
        return node
    wanted, cls = values.get(str(node.get("id"))), classes.find(str(node.get("type")))
    saved: Any = node.get("widgets_values")
    if not wanted or cls is None:
        return node
    for name, value in wanted.items():
        if isinstance(saved, Mapping):
            saved = {**saved, name: value}
        elif isinstance(saved, list):
            saved = _placed(cls, saved, name, value)
    return {**node, "widgets_values": saved}


def _placed(
    cls: EditorClass, saved: list[JsonValue], name: str, value: JsonValue
) -> list[JsonValue]:
    """The list with `value` in the one place that means `name`; as it was when there is none."""
    others = _read(cls, saved)
    if others.pop(name, None) == value:
        return saved
    for place in range(len(saved)):
        trial = [*saved[:place], value, *saved[place + 1 :]]
        read = _read(cls, trial)
        if read.pop(name, None) == value and read == others:
            return trial
    return saved


def _read(cls: EditorClass, saved: list[JsonValue]) -> dict[str, JsonValue]:
    return {widget.name: widget.value for widget in read_widgets(cls, saved)}
