"""What one run has shown so far: enough for its progress messages and for a late listener. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_never

import msgspec

from greenroom.api.comfy import messages
from greenroom.domain import run
from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject

_WHOLE_STATE_UP_TO = 100
"""Above this many nodes a progress_state tells only what is running or has just finished."""


class _NodeState(NamedTuple):
    node: run.NodeRef
    state: str
    value: float
    max: float


class Tracker:
    """One attempt of a job, from its first event. Nothing is encoded before somebody asks."""

    def __init__(self, job_id: JobId, started: Millis | None = None) -> None:
        self._job_id = job_id
        self._started = started
        self._states: dict[str, _NodeState] = {}
        self._encoded: dict[str, msgspec.Raw] = {}
        self._running: dict[str, float] = {}
        """Node id -> how many steps it has."""
        self._news: set[str] = set()
        self._cached: tuple[tuple[str, ...], Millis] | None = None
        self._outputs: dict[str, tuple[run.NodeRef, JsonObject]] = {}
        self.current: run.NodeRef | None = None
        """The node that began last and still runs."""
        self.finished: list[str] = []
        """Ids of the nodes that have run."""

    def note(self, body: run.RunEvent, at: Millis) -> None:
        """Remember what the event says."""
        match body:
            case run.NodesCached():
                self._cached = (body.nodes, at)
            case run.NodeStarted():
                self._begin(body.node)
            case run.NodeStepped():
                self._step(body)
            case run.NodeOutput():
                self._outputs[body.node.node_id] = (body.node, body.output)
            case run.NodeFinished():
                self._finish(body.node, cached=body.cached)
            case run.RunStarted() | run.Preview() | run.NodeText() | run.NodeBlocked():
                pass
            case _:
                assert_never(body)

    def state(self) -> str:
        """A progress_state message with the news since the last one."""
        if len(self._states) <= _WHOLE_STATE_UP_TO:
            shown = list(self._states)
        else:
            shown = [*self._running, *(self._news - self._running.keys())]
        self._news.clear()
        return self._state_of(shown)

    def missed(self) -> Iterator[str]:
        """What a listener that comes late has to hear to be up to date."""
        if self._started is None:
            return
        yield messages.execution_start(self._job_id, self._started)
        if self._cached is not None:
            yield messages.execution_cached(self._job_id, *self._cached)
        for node, output in self._outputs.values():
            yield messages.executed(self._job_id, node, output)
        if self._states:
            yield self._state_of(self._states)
        if self.current is not None:
            yield messages.executing(self._job_id, self.current)

    def _begin(self, node: run.NodeRef) -> None:
        """A node that waited for lazy inputs starts twice."""
        self.current = node
        self._running[node.node_id] = 1.0
        self._set(_NodeState(node, "running", 0.0, 1.0))

    def _step(self, step: run.NodeStepped) -> None:
        value, maximum = messages.number(step.value), messages.number(step.max)
        self._running[step.node.node_id] = maximum
        self._set(_NodeState(step.node, "running", value, maximum))

    def _finish(self, node: run.NodeRef, *, cached: bool) -> None:
        maximum = self._running.pop(node.node_id, 1 if cached else 1.0)
        self._set(_NodeState(node, "finished", maximum, maximum))
        if self.current is not None and self.current.node_id == node.node_id:
            self.current = None
        if not cached:
            self.finished.append(node.node_id)

    def _set(self, state: _NodeState) -> None:
        name = state.node.node_id
        self._states[name] = state
        self._encoded.pop(name, None)
        self._news.add(name)

    def _state_of(self, names: Iterable[str]) -> str:
        return messages.progress_state(self._job_id, {name: self._raw(name) for name in names})

    def _raw(self, name: str) -> msgspec.Raw:
        raw = self._encoded.get(name)
        if raw is None:
            raw = msgspec.Raw(messages.node_state(self._job_id, *self._states[name]))
            self._encoded[name] = raw
        return raw
