"""Progress of a run: a snapshot, and fold(snapshot, run event) -> snapshot.

The arithmetic is that of the Studio runner: nodes that come from the cache or take no time do not
count, and a node counts as soon as it has begun.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from greenroom.domain import run
from greenroom.domain.clock import Millis
from greenroom.domain.json import JsonObject

INSTANT_CLASSES = frozenset({
    "Anything Everywhere", "Anything Everywhere3", "Prompts Everywhere", "Reroute", "Note",
    "PrimitiveNode", "PrimitiveInt", "Float", "SimpleMath+", "GetImageSize+", "ImageFromBatch+",
    "ImageListToImageBatch",
})  # fmt: skip
"""Classes whose nodes take no time worth a share of the bar."""

_RATE_SAMPLES = 11


@dataclass(frozen=True, slots=True)
class Progress:
    total_nodes: int = 0
    instant_nodes: int = 0
    cached_count: int = 0
    nodes_done: int = 0
    """Nodes that have begun."""
    node: run.NodeRef | None = None
    """The node that began last."""
    step: float = 0
    total_steps: float = 0
    step_times: tuple[Millis, ...] = ()
    started_at: Millis | None = None
    finished: bool = False
    outputs: tuple[tuple[str, JsonObject], ...] = ()
    """(node id, `ui` dict) of each output so far."""
    ends_at: Millis | None = None
    """When it will end by what its nodes took in earlier runs."""

    @property
    def effective_total(self) -> int:
        return max(self.total_nodes - self.instant_nodes - self.cached_count, 1)

    @property
    def percent(self) -> int:
        """0 to 99 while it runs, 100 only when it has ended well."""
        if self.finished:
            return 100
        share = self.step / self.total_steps if self.total_steps else 0.0
        begun = max(self.nodes_done - 1, 0) + share
        return min(round(begun / self.effective_total * 100), 99)

    @property
    def step_rate(self) -> float | None:
        """Steps a second over the last ten steps."""
        if len(self.step_times) < 2 or self.step_times[-1] <= self.step_times[0]:
            return None
        seconds = (self.step_times[-1] - self.step_times[0]) / 1000
        return round((len(self.step_times) - 1) / seconds, 2)

    def eta_seconds(self, now: Millis) -> int | None:
        """Whole seconds to the end; None while nothing can be said.

        By earlier runs, or where they tell nothing or were quicker, by the pace so far.
        """
        if self.finished:
            return 0
        if self.ends_at is not None and self.ends_at >= now:
            return round((self.ends_at - now) / 1000)
        if self.started_at is None or not self.nodes_done:
            return None
        rate = self.step_rate
        if rate:
            here = max(self.total_steps - self.step, 0) / rate
        elif self.nodes_done < 2:
            return None
        else:
            here = 0.0
        average = (now - self.started_at) / 1000 / self.nodes_done
        return round(here + max(self.effective_total - self.nodes_done, 0) * average)


def begin(classes: Iterable[str]) -> Progress:
    """The snapshot of a graph with nodes of these classes, before anything has happened."""
    names = list(classes)
    return Progress(len(names), sum(name in INSTANT_CLASSES for name in names))


def fold(snapshot: Progress, event: run.RunEvent, at: Millis) -> Progress:
    """The snapshot after `event`, which happened at `at`."""
    match event:
        case run.RunStarted():
            return replace(snapshot, started_at=at)
        case run.NodesCached():
            return replace(snapshot, cached_count=len(event.nodes))
        case run.NodeStarted():
            return replace(
                snapshot,
                nodes_done=snapshot.nodes_done + 1,
                node=event.node,
                step=0,
                total_steps=0,
                step_times=(),
            )
        case run.NodeStepped():
            times = (*snapshot.step_times[1 - _RATE_SAMPLES :], at)
            return replace(snapshot, step=event.value, total_steps=event.max, step_times=times)
        case run.NodeOutput():
            node_id = event.node.display_node_id
            return replace(snapshot, outputs=(*snapshot.outputs, (node_id, event.output)))
        case run.NodeFinished() | run.Preview() | run.NodeText() | run.NodeBlocked():
            return snapshot


def finish(snapshot: Progress) -> Progress:
    return replace(snapshot, finished=True)
