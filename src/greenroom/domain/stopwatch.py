"""Follows one run: what each node took, and how long the rest will take."""

from collections.abc import Iterable
from dataclasses import dataclass

from greenroom.domain import run
from greenroom.domain.clock import Millis
from greenroom.domain.estimate import Sample, Timings, work, work_of
from greenroom.domain.progress import INSTANT_CLASSES
from greenroom.domain.workflow.graph import Graph, links


@dataclass(slots=True)
class _Node:
    """A node that has begun."""

    started_at: Millis
    first_step: tuple[float, Millis] | None = None
    last_step: tuple[float, Millis] | None = None
    total_steps: float = 0

    def step(self, value: float, total: float, at: Millis) -> None:
        self.first_step = self.first_step or (value, at)
        self.last_step = (value, at)
        self.total_steps = total

    @property
    def step_ms(self) -> float | None:
        """The time of one step; None before the second."""
        if self.first_step is None or self.last_step is None:
            return None
        steps = self.last_step[0] - self.first_step[0]
        return (self.last_step[1] - self.first_step[1]) / steps if steps > 0 else None


class Stopwatch:
    """Hears the events of a run in their order.

    Nodes that a node makes while it runs count as part of that node.
    """

    def __init__(self, graph: Graph, outputs: Iterable[str], kind: str) -> None:
        """`kind` is what `Timings` tells runs apart by."""
        self._graph = graph
        self._outputs = tuple(outputs)
        self._kind = kind
        self._begun: dict[str, _Node] = {}
        self._ended: set[str] = set()
        self._current: str | None = None
        self._left = work_of(graph, _reached(graph, self._outputs, frozenset()))
        self.samples: list[Sample] = []
        """What the nodes took that have ended."""

    def hear(self, event: run.RunEvent, at: Millis) -> None:
        match event:
            case run.NodesCached():
                cached = frozenset(event.nodes)
                self._left = work_of(self._graph, _reached(self._graph, self._outputs, cached))
            case run.NodeStarted():
                self._start(event.node, at)
            case run.NodeStepped():
                node = self._begun.get(event.node.real)
                if node is not None:
                    node.step(event.value, event.max, at)
            case run.NodeFinished():
                self._end(event.node.real, at, cached=event.cached)
            case (
                run.RunStarted()
                | run.NodeOutput()
                | run.Preview()
                | run.NodeText()
                | run.NodeBlocked()
            ):
                return

    def left_ms(self, timings: Timings, now: Millis) -> int | None:
        """How long the run will still take; None while too little is known of its nodes."""
        rest = timings.expected_ms(self._kind, self._left)
        if rest is None:
            return None
        current = self._current
        if current is None or current in self._ended:
            return rest
        here = self._left_here(timings, current, now)
        return None if here is None else round(rest + here)

    def _start(self, ref: run.NodeRef, at: Millis) -> None:
        node_id = ref.real
        if node_id not in self._graph.nodes or node_id in self._begun:
            return
        self._begun[node_id] = _Node(at)
        self._current = node_id
        begun = work(self._graph.nodes[node_id])
        if self._left.get(begun):
            self._left[begun] -= 1

    def _end(self, node_id: str, at: Millis, *, cached: bool) -> None:
        node = self._begun.get(node_id)
        if node is None or node_id in self._ended:
            return
        self._ended.add(node_id)
        if cached:
            return
        self.samples.append(
            Sample(
                self._graph.nodes[node_id].class_type,
                at - node.started_at,
                round(node.total_steps),
                node.step_ms,
            )
        )

    def _left_here(self, timings: Timings, node_id: str, now: Millis) -> float | None:
        """What is left of the node that runs."""
        node = self._begun[node_id]
        class_type, steps = work(self._graph.nodes[node_id])
        known = timings.node(self._kind, class_type)
        if node.last_step is not None:
            step_ms = node.step_ms or (known.step.value if known else None)
            if step_ms is None:
                return None
            due = (node.total_steps - node.last_step[0]) * step_ms
            return max(due - (now - node.last_step[1]), 0.0)
        if known is None:
            return 0.0 if class_type in INSTANT_CLASSES else None
        return max(known.of(steps) - (now - node.started_at), 0.0)


def _reached(graph: Graph, outputs: Iterable[str], cached: frozenset[str]) -> set[str]:
    """The nodes that must run: what the outputs need, but nothing behind a cached node."""
    found: set[str] = set()
    waiting = [node_id for node_id in outputs if node_id in graph.nodes]
    while waiting:
        node_id = waiting.pop()
        if node_id in found or node_id in cached:
            continue
        found.add(node_id)
        waiting += [link.node_id for _, link in links(graph.nodes[node_id])
                    if link.node_id in graph.nodes]  # fmt: skip
    return found
