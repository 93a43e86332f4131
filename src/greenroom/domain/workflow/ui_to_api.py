"""Workflow file of the editor -> prompt, equal to what the editor itself would send."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.dynamic_prompt import Choose, expand_dynamic_prompt
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.editor_scope import EditorNode, EditorScope, NodeKind, open_scope
from greenroom.domain.workflow.flatten import LinkResolver, Origin, RunningNode, Value, unfold
from greenroom.domain.workflow.group_nodes import without_group_nodes
from greenroom.domain.workflow.javascript import as_javascript, as_text
from greenroom.domain.workflow.promotion import read_host_values
from greenroom.domain.workflow.subgraphs import inner_first, with_unique_ids
from greenroom.domain.workflow.text_replacement import SAVERS, replace_text
from greenroom.domain.workflow.ui_graph import UiGraph, parse_ui_graph
from greenroom.domain.workflow.unreadable import missing_classes
from greenroom.domain.workflow.widget_values import Widget

_SAMPLERS = frozenset({"KSampler", "KSamplerAdvanced"})
_SEARCH_NAME = "Node name for S&R"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A prompt, and the nodes in it that have no class: execution id -> type."""

    prompt: dict[str, JsonValue]
    missing: Mapping[str, str]


def ui_to_api(
    workflow: JsonValue,
    classes: EditorClasses,
    *,
    choose: Choose | None = None,
    now: datetime | None = None,
) -> dict[str, JsonValue]:
    """The prompt of a workflow file's JSON.

    `choose` picks among the alternatives of dynamic prompts (at random by default); `now` fills in
    date patterns of file names. INVALID_GRAPH when the file is broken or node types are unknown.
    """
    conversion = convert(parse_ui_graph(workflow), classes, choose=choose, now=now)
    if conversion.missing:
        raise missing_classes(conversion.missing)
    return conversion.prompt


def convert(
    graph: UiGraph,
    classes: EditorClasses,
    *,
    choose: Choose | None = None,
    now: datetime | None = None,
) -> Conversion:
    """Like `ui_to_api`, but nodes of unknown types stay in the prompt, without a class."""
    graph = without_group_nodes(with_unique_ids(graph), classes)
    subgraphs: dict[str, EditorScope] = {}
    for definition in inner_first(graph):
        subgraphs[definition.id] = open_scope(definition, classes, subgraphs)
    root = open_scope(graph.root, classes, subgraphs)
    scopes = [*subgraphs.values(), root]
    for scope in scopes:
        for node in scope.nodes.values():
            if node.kind is NodeKind.SUBGRAPH:
                read_host_values(node, subgraphs)
    sender = _Sender(root, scopes, LinkResolver(subgraphs), choose or random.randrange, now)
    running = list(unfold(root, subgraphs))
    bodies: dict[str, JsonValue] = {item.id: sender.body(item) for item in running}
    missing = {i.id: i.node.type for i in running if i.node.kind is NodeKind.UNKNOWN}
    return Conversion(bodies, missing)


class _Sender:
    """Writes the nodes of a prompt."""

    def __init__(
        self,
        root: EditorScope,
        scopes: Sequence[EditorScope],
        links: LinkResolver,
        choose: Choose,
        now: datetime | None,
    ) -> None:
        self._by_search_name: dict[str, EditorNode] = {}
        self._by_title: dict[str, EditorNode] = {}
        for scope in (root, *scopes[:-1]):
            for node in scope.nodes.values():
                self._by_search_name.setdefault(_search_name(node), node)
                self._by_title.setdefault(node.title or "", node)
        self._links = links
        self._choose = choose
        self._now = now

    def body(self, running: RunningNode) -> JsonObject:
        """One node of the prompt: {inputs, class_type, _meta}."""
        node = running.node
        inputs: dict[str, JsonValue] = dict(self._values(node))
        for slot, item in enumerate(node.inputs):
            found = self._links.resolve(running, slot) if item.link is not None else None
            if isinstance(found, Origin):
                inputs[item.name] = [found.node_id, found.slot]
            elif isinstance(found, Value):
                inputs[item.name] = _sent(found.value)
        meta: JsonObject = {} if node.title is None else {"title": node.title}
        if node.kind is NodeKind.UNKNOWN:
            return {"inputs": inputs, "_meta": meta}
        return {"inputs": inputs, "class_type": node.type, "_meta": meta}

    def _values(self, node: EditorNode) -> Iterator[tuple[str, JsonValue]]:
        if node.kind is NodeKind.UNKNOWN:
            values = node.saved if isinstance(node.saved, Sequence) else ()
            for index, value in enumerate(values):
                yield f"UNKNOWN_{index}" if index else "UNKNOWN", _sent(value)
            return
        for name, widget in node.widgets.items():
            if widget.spec.sent:
                yield name, _sent(self._expanded(node, widget, node.values[name]))

    def _expanded(self, node: EditorNode, widget: Widget, value: JsonValue) -> JsonValue:
        if not isinstance(value, str):
            return value
        if widget.spec.options.get("dynamicPrompts") is True:
            return expand_dynamic_prompt(value, self._choose)
        if widget.name == "filename_prefix" and node.type in SAVERS:
            return replace_text(value, self._lookup, self._now)
        if widget.name == "sampler_name" and node.type in _SAMPLERS:
            return value.removeprefix("sample_")
        return value

    def _lookup(self, node_name: str, widget: str) -> str | None:
        found = self._by_search_name.get(node_name) or self._by_title.get(node_name)
        if found is None or widget not in found.values:
            return None
        return as_text(found.values[widget])


def _search_name(node: EditorNode) -> str:
    name = node.properties.get(_SEARCH_NAME)
    if name is None and node.kind is NodeKind.RUNNING and node.type not in SAVERS:
        return node.type
    return name if isinstance(name, str) else ""


def _sent(value: JsonValue) -> JsonValue:
    value = as_javascript(value)
    return {"__value__": value} if isinstance(value, list) else value
