"""Subgraphs unfolded into the nodes that run, and each link followed to where it really starts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.editor_scope import EditorNode, EditorScope, NodeKind
from greenroom.domain.workflow.promotion import Absent, host_value
from greenroom.domain.workflow.slot_types import bypass_input
from greenroom.domain.workflow.ui_graph import SUBGRAPH_INPUT, NodeMode, UiLink
from greenroom.domain.workflow.unreadable import unreadable

MAX_RUNNING_NODES = 50_000
"""Most nodes that a graph may unfold into."""
MAX_LEVELS = 100
"""Most subgraphs inside one another."""

_IDLE = frozenset({NodeMode.MUTED, NodeMode.BYPASSED})


@dataclass(slots=True)
class Instance:
    """One use of a level: the root graph, or a subgraph as one of its nodes stands for it."""

    scope: EditorScope
    prefix: str = ""
    """What stands before a node's id in its execution id, such as `1:10:`."""
    host: EditorNode | None = None
    parent: "Instance | None" = None
    level: int = 0
    children: dict[str, "Instance"] = field(default_factory=dict)


class Origin(NamedTuple):
    """Where a link starts: an output of a node that runs."""

    node_id: str
    slot: int


class Value(NamedTuple):
    """What a subgraph node says for an input that nothing is linked to."""

    value: JsonValue


class RunningNode(NamedTuple):
    id: str
    """The execution id."""
    node: EditorNode
    instance: Instance


Resolved: TypeAlias = Origin | Value | None


class _Input(NamedTuple):
    """An input on the way back to a link's start."""

    instance: Instance
    node: EditorNode
    slot: int
    wanted: str | None
    """The type that the first consumer asks for; None: the type of this input."""


class _Output(NamedTuple):
    """An output on the way back to a link's start."""

    instance: Instance
    node: EditorNode
    slot: int
    wanted: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        return (self.instance.prefix, self.node.id, self.slot, self.wanted)


def unfold(root: EditorScope, subgraphs: Mapping[str, EditorScope]) -> Iterator[RunningNode]:
    """Every node that runs, subgraph nodes replaced by their insides; TOO_LARGE past the limit."""
    count = 0
    top = Instance(root)
    waiting: list[tuple[Instance, EditorNode]] = [
        (top, node) for node in reversed(root.nodes.values())
    ]
    while waiting:
        instance, node = waiting.pop()
        if node.mode in _IDLE:
            continue
        count += 1
        if count > MAX_RUNNING_NODES:
            message = f"the graph unfolds into more than {MAX_RUNNING_NODES} nodes"
            raise AppError(ErrorCode.TOO_LARGE, message)
        if node.kind is NodeKind.SUBGRAPH:
            scope = subgraphs[node.type]
            if instance.level >= MAX_LEVELS:
                raise unreadable(f"subgraphs are nested more than {MAX_LEVELS} levels deep")
            prefix = f"{instance.prefix}{node.id}:"
            inner = Instance(scope, prefix, node, instance, instance.level + 1)
            instance.children[node.id] = inner
            waiting.extend((inner, item) for item in reversed(scope.nodes.values()))
        elif node.kind in {NodeKind.RUNNING, NodeKind.UNKNOWN}:
            yield RunningNode(f"{instance.prefix}{node.id}", node, instance)


class LinkResolver:
    """Follows links through subgraph borders, reroutes and bypassed nodes, remembering results."""

    def __init__(self, subgraphs: Mapping[str, EditorScope]) -> None:
        self._subgraphs = subgraphs
        self._known: dict[tuple[str, str, int, str], Resolved] = {}

    def resolve(self, running: RunningNode, slot: int) -> Resolved:
        """What the input `slot` of a running node gets; None when nothing reaches it."""
        at: _Input | _Output | Resolved = _Input(running.instance, running.node, slot, None)
        passed: dict[tuple[str, str, int, str], None] = {}
        while isinstance(at, _Input | _Output):
            if isinstance(at, _Input):
                at = self._before(at)
                continue
            if at.key in self._known:
                at = self._known[at.key]
                continue
            if at.key in passed:
                node_id = f"{at.instance.prefix}{at.node.id}"
                raise unreadable(f"the links of node {node_id} form a circle", node_id=node_id)
            passed[at.key] = None
            at = self._through(at)
        for key in passed:
            self._known[key] = at
        return at

    def _before(self, at: _Input) -> _Input | _Output | Resolved:
        """One step back from an input."""
        item = at.node.inputs[at.slot]
        if item.link is None:
            return None
        link = at.instance.scope.links.get(item.link)
        if link is None:
            node_id = f"{at.instance.prefix}{at.node.id}"
            message = f"input {item.name!r} of node {node_id} names a link that is not there"
            raise unreadable(message, node_id=node_id, link_id=item.link)
        return self._start(at.instance, link, at.wanted or item.type)

    def _start(self, instance: Instance, link: UiLink, wanted: str) -> _Input | _Output | Resolved:
        if link.origin == SUBGRAPH_INPUT and instance.host is not None:
            return self._outside(instance, instance.host, link.origin_slot)
        node = instance.scope.nodes.get(link.origin)
        if node is None:
            message = f"link {link.id} starts at node {link.origin}, which is not there"
            raise unreadable(message, node_id=link.origin, link_id=link.id)
        return _Output(instance, node, link.origin_slot, wanted)

    def _outside(self, instance: Instance, host: EditorNode, slot: int) -> _Input | Resolved:
        """What the subgraph node gets for its input, from outside or by a value of its own."""
        boundaries = instance.scope.inputs
        if not 0 <= slot < len(boundaries):
            raise unreadable(f"subgraph node {host.id} has no input {slot}", node_id=host.id)
        index = host.input_named(boundaries[slot].name)
        if index is not None and host.inputs[index].link is not None:
            return _Input(instance.parent or instance, host, index, None)
        value = host_value(host, slot, self._subgraphs)
        return None if isinstance(value, Absent) else Value(value)

    def _through(self, at: _Output) -> _Input | _Output | Resolved:
        """One step back from an output."""
        instance, node, slot, wanted = at
        if node.mode is NodeMode.MUTED:
            return None
        if node.mode is NodeMode.BYPASSED:
            output = node.outputs[slot] if 0 <= slot < len(node.outputs) else wanted
            kinds = [item.type for item in node.inputs]
            index = bypass_input(kinds, output, slot, wanted)
            return None if index is None else _Input(instance, node, index, None)
        if node.kind is NodeKind.SUBGRAPH:
            return self._inside(instance.children[node.id], slot, wanted)
        if node.kind in {NodeKind.PASSING, NodeKind.SILENT}:
            known = 0 <= slot < len(node.inputs)
            return _Input(instance, node, slot, wanted) if known else None
        return Origin(f"{instance.prefix}{node.id}", slot)

    def _inside(self, inner: Instance, slot: int, wanted: str) -> _Input | _Output | Resolved:
        outputs = inner.scope.outputs
        link = outputs[slot] if 0 <= slot < len(outputs) else None
        return None if link is None else self._start(inner, link, wanted)
