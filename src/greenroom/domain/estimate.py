"""How long nodes take, learnt from earlier runs."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from greenroom.domain.progress import INSTANT_CLASSES
from greenroom.domain.workflow.graph import Graph, Node

_STEADY = 0.15
"""Weight of a new measurement once there are many."""
_WIDEST = 4.0
"""One measurement counts at most as so many times the average, and at least as its inverse."""
_TRUSTED = 3
"""From how many measurements on an odd one is held back."""
_SHORTEST_MS = 0.05
_ALL = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one node took in one run, in milliseconds."""

    class_type: str
    took_ms: float
    """All of it, steps included."""
    steps: int = 0
    step_ms: float | None = None
    """The time of one step, for nodes that tell their steps."""


class Work(NamedTuple):
    """A node still to run, as far as its time depends on it."""

    class_type: str
    steps: int
    """How many steps its inputs ask for; 0 when they say nothing."""


@dataclass(frozen=True, slots=True)
class Average:
    """A running average that single odd measurements hardly move."""

    value: float = 0.0
    count: int = 0

    def with_one_more(self, measured: float) -> "Average":
        count = self.count + 1
        if self.count >= _TRUSTED:
            least = max(self.value, _SHORTEST_MS)
            measured = min(max(measured, least / _WIDEST), least * _WIDEST)
        weight = max(1 / count, _STEADY)
        return Average(self.value + weight * (measured - self.value), count)


@dataclass(frozen=True, slots=True)
class NodeTime:
    """What nodes of one class take, in milliseconds."""

    whole: Average = Average()
    beside: Average = Average()
    """Beside the steps, for nodes that tell theirs."""
    step: Average = Average()

    def with_one_more(self, sample: Sample) -> "NodeTime":
        whole = self.whole.with_one_more(sample.took_ms)
        if sample.step_ms is None:
            return NodeTime(whole, self.beside, self.step)
        beside = max(sample.took_ms - sample.steps * sample.step_ms, 0.0)
        return NodeTime(
            whole,
            self.beside.with_one_more(beside),
            self.step.with_one_more(sample.step_ms),
        )

    def of(self, steps: int) -> float:
        if steps and self.step.count:
            return self.beside.value + steps * self.step.value
        return self.whole.value


class Timed(NamedTuple):
    """What is known of a class in one kind of run; the kind is empty for what all kinds told."""

    kind: str
    class_type: str
    time: NodeTime


class Timings:
    """What is known of all node classes, apart for each kind of run and over all kinds.

    A kind is any text that tells apart runs in which a class takes different times; `Needs.key`,
    which names the models, does well. The kinds seen least lately are forgotten.
    """

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._times: OrderedDict[tuple[str, str], NodeTime] = OrderedDict()
        self._changed: set[tuple[str, str]] = set()

    def learn(self, kind: str, samples: Iterable[Sample]) -> None:
        for sample in samples:
            for key in dict.fromkeys([(kind, sample.class_type), (_ALL, sample.class_type)]):
                self._times[key] = self._times.get(key, NodeTime()).with_one_more(sample)
                self._times.move_to_end(key)
                self._changed.add(key)
        while len(self._times) > self._most:
            self._times.popitem(last=False)

    def node(self, kind: str, class_type: str) -> NodeTime | None:
        """What is known of a class in runs of this kind, else in any; None is nothing."""
        return self._times.get((kind, class_type)) or self._times.get((_ALL, class_type))

    def expected_ms(self, kind: str, work: Mapping[Work, int]) -> int | None:
        """How long so many nodes of each sort take together; None while too little is known.

        Classes never seen count like the average of the others; at least half must be known.
        """
        total, counted, unknown = 0.0, 0, 0
        for one, count in work.items():
            if one.class_type in INSTANT_CLASSES:
                continue
            time = self.node(kind, one.class_type)
            if time is None:
                unknown += count
            else:
                total += count * time.of(one.steps)
                counted += count
        if unknown > counted:
            return None
        usual = total / counted if counted else 0.0
        return round(total + unknown * usual)

    def take_changed(self) -> list[Timed]:
        """What was learnt since the last call, in no order."""
        changed, self._changed = self._changed, set()
        return [Timed(*key, self._times[key]) for key in changed if key in self._times]

    def restore(self, stored: Iterable[Timed]) -> None:
        """Take up what was learnt earlier, the latest last."""
        for kind, class_type, time in stored:
            self._times[kind, class_type] = time


def work(node: Node) -> Work:
    return Work(node.class_type, _steps(node))


def work_of(graph: Graph, nodes: Iterable[str]) -> dict[Work, int]:
    """How many nodes of each sort there are among these."""
    counts: dict[tuple[str, int], int] = {}
    for node_id in nodes:
        node = graph.nodes[node_id]
        sort = node.class_type, _steps(node)
        counts[sort] = counts.get(sort, 0) + 1
    return {Work(*sort): count for sort, count in counts.items()}


def _steps(node: Node) -> int:
    steps = node.inputs.get("steps")
    return steps if type(steps) is int and steps > 0 else 0
