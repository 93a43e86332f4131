"""What one run has shown so far: enough for its progress messages and for a late listener. Pure."""

from collections.abc import Iterator

import msgspec

from greenroom.api.native import messages
from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject
from greenroom.domain.run import NodeRef

_WHOLE_STATE_UP_TO = 100
"""Above this many nodes a progress_state tells only what is running or has just finished."""


class Tracker:
    """One attempt of a job, from its first event."""

    def __init__(self, job_id: JobId, started: Millis | None = None) -> None:
        self._job_id = job_id
        self._started = started
        self._states: dict[str, msgspec.Raw] = {}
        self._running: dict[str, tuple[float, NodeRef]] = {}
        self._news: set[str] = set()
        self._cached: tuple[tuple[str, ...], Millis] | None = None
        self._outputs: dict[str, str] = {}
        self._current: NodeRef | None = None
        self.finished: list[str] = []
        """Ids of the nodes that have run."""

    @property
    def current(self) -> NodeRef | None:
        """The node that began last and still runs."""
        return self._current

    def cache(self, nodes: tuple[str, ...], at: Millis) -> str:
        self._cached = (nodes, at)
        return messages.execution_cached(self._job_id, nodes, at)

    def begin(self, node: NodeRef) -> list[str]:
        """A node started; one that waited for lazy inputs starts twice."""
        self._current = node
        self._running[node.node_id] = (1.0, node)
        self._set(node, "running", 0.0, 1.0)
        return [self.state(), messages.executing(self._job_id, node)]

    def step(self, node: NodeRef, value: float, maximum: float) -> tuple[str, str]:
        """The new progress_state, and the progress message that follows it."""
        value, maximum = messages.number(value), messages.number(maximum)
        self._running[node.node_id] = (maximum, node)
        self._set(node, "running", value, maximum)
        return self.state(), messages.progress(self._job_id, node, value, maximum)

    def output(self, node: NodeRef, ui: JsonObject) -> str:
        text = messages.executed(self._job_id, node, ui)
        self._outputs[node.node_id] = text
        return text

    def finish(self, node: NodeRef, *, cached: bool) -> str:
        maximum, _ = self._running.pop(node.node_id, (1 if cached else 1.0, node))
        self._set(node, "finished", maximum, maximum)
        if self._current is not None and self._current.node_id == node.node_id:
            self._current = None
        if not cached:
            self.finished.append(node.node_id)
        return self.state()

    def state(self) -> str:
        """A progress_state message with the news since the last one."""
        if len(self._states) <= _WHOLE_STATE_UP_TO:
            shown = self._states
        else:
            shown = {name: self._states[name] for name in (*self._running, *self._news)}
        self._news.clear()
        return messages.progress_state(self._job_id, shown)

    def missed(self) -> Iterator[str]:
        """What a listener that comes late has to hear to be up to date."""
        if self._started is None:
            return
        yield messages.execution_start(self._job_id, self._started)
        if self._cached is not None:
            yield messages.execution_cached(self._job_id, *self._cached)
        yield from self._outputs.values()
        if self._states:
            yield messages.progress_state(self._job_id, self._states)
        if self._current is not None:
            yield messages.executing(self._job_id, self._current)

    def _set(self, node: NodeRef, state: str, value: float, maximum: float) -> None:
        raw = messages.node_state(self._job_id, node, state, value, maximum)
        self._states[node.node_id] = msgspec.Raw(raw)
        self._news.add(node.node_id)
