"""Values that a subgraph node sets for widgets inside it."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.editor_scope import (
    PRIMITIVE,
    EditorInput,
    EditorNode,
    EditorScope,
    NodeKind,
    ScopeInput,
)
from greenroom.domain.workflow.subgraphs import proxy_entries
from greenroom.domain.workflow.ui_graph import MAX_SLOTS, SUBGRAPH_INPUT, UiLink


class Absent:
    """No value at all, where None would be one."""


ABSENT: Final = Absent()

Promoted: TypeAlias = "JsonValue | Absent"


def read_host_values(host: EditorNode, subgraphs: Mapping[str, EditorScope]) -> None:
    """Fill `host.host_values` from the file, rewriting promotions of the older form first."""
    definition = subgraphs[host.type]
    saved = host.saved
    values = list(saved) if isinstance(saved, Sequence) else []
    entries = proxy_entries(host.properties)[:MAX_SLOTS]
    if entries:
        for index, (node_id, widget) in enumerate(entries):
            name = _promoted_input(host, definition, subgraphs, node_id, widget)
            if name is not None and index < len(values):
                host.host_values.setdefault(name, values[index])
        return
    promoted = (
        item.name
        for item in definition.inputs
        if not isinstance(inner_value(definition, item, subgraphs), Absent)
    )
    for value, name in zip(values, promoted, strict=False):
        host.host_values.setdefault(name, value)


def host_value(host: EditorNode, slot: int, subgraphs: Mapping[str, EditorScope]) -> Promoted:
    """What a subgraph node says for its input, or else what the widget inside has."""
    definition = subgraphs[host.type]
    item = definition.inputs[slot]
    if item.name in host.host_values:
        return host.host_values[item.name]
    return inner_value(definition, item, subgraphs)


def inner_value(
    definition: EditorScope, item: ScopeInput, subgraphs: Mapping[str, EditorScope]
) -> Promoted:
    """The value of the first widget that an input of a subgraph feeds; ABSENT when none is."""
    waiting = [(definition, target) for target in reversed(item.targets)]
    seen: set[tuple[str, str, str]] = set()
    while waiting:
        scope, (node_id, name) = waiting.pop()
        if (scope.id, node_id, name) in seen:
            continue
        seen.add((scope.id, node_id, name))
        node = scope.nodes[node_id]
        if node.kind is not NodeKind.SUBGRAPH:
            widget = _widget_name(node, name)
            if widget in node.values:
                return node.values[widget]
        elif name in node.host_values:
            return node.host_values[name]
        else:
            deeper = subgraphs[node.type]
            found = next((i for i in deeper.inputs if i.name == name), None)
            if found is not None:
                waiting.extend((deeper, target) for target in reversed(found.targets))
    return ABSENT


def _widget_name(node: EditorNode, input_name: str) -> str:
    index = node.input_named(input_name)
    return (node.inputs[index].widget if index is not None else None) or input_name


def _promoted_input(
    host: EditorNode,
    definition: EditorScope,
    subgraphs: Mapping[str, EditorScope],
    node_id: str,
    widget: str,
) -> str | None:
    """The subgraph's input for one older promotion, made when there is none yet."""
    if node_id == "-1":
        return widget if any(item.name == widget for item in definition.inputs) else None
    known = definition.promoted.get((node_id, widget))
    node = definition.nodes.get(node_id)
    if known is not None or node is None or widget.startswith("$$"):
        return known
    if node.type == PRIMITIVE:
        name = _promote_primitive(host, definition, node, widget)
    else:
        name = _promote_widget(host, definition, node, widget, subgraphs)
    if name is not None:
        definition.promoted[node_id, widget] = name
    return name


def _promote_widget(
    host: EditorNode,
    definition: EditorScope,
    node: EditorNode,
    widget: str,
    subgraphs: Mapping[str, EditorScope],
) -> str | None:
    target = _target_of(node, widget, subgraphs)
    if target is None:
        return None
    for item in definition.inputs:
        if (node.id, target.name) in item.targets:
            return item.name
    return _add_input(host, definition, widget, [(node, target)])


def _target_of(
    node: EditorNode, widget: str, subgraphs: Mapping[str, EditorScope]
) -> EditorInput | None:
    """The socket of a node that feeds its widget, or of a subgraph node that promotes it."""
    name, kind = widget, "*"
    if node.kind is NodeKind.SUBGRAPH:
        for item in subgraphs[node.type].inputs:
            if item.name == widget or any(target == widget for _, target in item.targets):
                name, kind = item.name, item.type
                break
        else:
            return None
    elif widget not in node.values or not node.widgets[widget].spec.socket:
        return None
    else:
        kind = node.widgets[widget].spec.type
    index = node.input_named(name)
    if index is None:
        node.inputs.append(EditorInput(name, kind, None, widget))
        index = -1
    return node.inputs[index]


def _promote_primitive(
    host: EditorNode, definition: EditorScope, primitive: EditorNode, widget: str
) -> str | None:
    targets = [
        (node, item)
        for node in definition.nodes.values()
        for item in node.inputs
        if item.link is not None
        and (link := definition.links.get(item.link)) is not None
        and link.origin == primitive.id
    ]
    return _add_input(host, definition, widget, targets) if targets else None


def _add_input(
    host: EditorNode,
    definition: EditorScope,
    base: str,
    targets: list[tuple[EditorNode, EditorInput]],
) -> str:
    names = {item.name for item in definition.inputs}
    name, number = base, 0
    while name in names:
        number += 1
        name = f"{base}_{number}"
    slot = len(definition.inputs)
    for node, item in targets:
        link_id = f"promoted {slot} {node.id} {item.name}"
        definition.links[link_id] = UiLink(link_id, SUBGRAPH_INPUT, slot, node.id, 0, item.type)
        item.link = link_id
    kind = targets[0][1].type
    definition.inputs.append(
        ScopeInput(name, kind, [(node.id, item.name) for node, item in targets])
    )
    host.inputs.append(EditorInput(name, kind, None))
    return name
