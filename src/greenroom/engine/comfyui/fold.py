"""The messages of one run, folded into run events: each change is told once."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from greenroom.domain.json import JsonObject
from greenroom.domain.run import (
    NodeBlocked,
    NodeFinished,
    NodeOutput,
    NodeRef,
    NodesCached,
    NodeStarted,
    NodeStepped,
    NodeText,
    Preview,
    RunEvent,
    RunStarted,
)
from greenroom.engine.comfyui import messages
from greenroom.engine.comfyui.messages import Message, NodeProgress, PreviewFrame

_Silent: TypeAlias = messages.Status | messages.ExecutionStart | messages.ExecutionSuccess
"""What tells nothing of its own: the history has the last word on how a run ended."""


class RunFold:
    """What has been told of one run. Feed it the run's own messages only."""

    def __init__(self) -> None:
        self.begun = False
        """A node was reached, or found cached: ComfyUI has taken the run up."""
        self.over = False
        """ComfyUI says that the run is over; the history must confirm it."""
        self.current: str | None = None
        self._started = False
        self._cached: frozenset[str] | None = None
        self._refs: dict[str, NodeRef] = {}
        self._told_states = False
        self._steps: dict[str, tuple[float, float]] = {}
        self._finished: set[str] = set()
        self._shown: set[str] = set()

    @property
    def shown(self) -> frozenset[str]:
        """The nodes whose output was told."""
        return frozenset(self._shown)

    def fold(self, message: Message) -> list[RunEvent]:
        """One who comes late hears of the start with the first thing that happens."""
        if isinstance(message, messages.Status):
            return []
        return [*self._start(), *self._events(message)]

    def complete(
        self, outputs: Iterable[tuple[NodeRef, JsonObject]], cached: Iterable[str] | None
    ) -> list[RunEvent]:
        """What the socket kept back, told from the history: start, cached nodes, outputs."""
        unheard = not self.begun
        events: list[RunEvent] = list(self._start())
        if unheard:
            events += self._note_cached(tuple(cached or ()))
        self._cached = self._cached or frozenset(cached or ())
        for node, output in outputs:
            if node.node_id not in self._shown:
                events.append(self._show(node, output))
        return events

    def _events(self, message: Message) -> Iterator[RunEvent]:
        match message:
            case messages.ExecutionCached():
                yield from self._note_cached(message.nodes)
            case messages.Executing():
                yield from self._executing(message)
            case messages.Progress():
                yield from self._progress(message)
            case messages.ProgressState():
                yield from self._progress_state(message)
            case messages.Executed() | messages.ExecutionError():
                yield from self._result(message)
            case messages.PreviewFrame():
                yield from self._preview(message)
            case messages.TextFrame():
                yield NodeText(message.node_id, message.text)
            case messages.ExecutionInterrupted():
                self.current = None
            case _:
                _expect_silent(message)

    def _result(self, message: messages.Executed | messages.ExecutionError) -> Iterator[RunEvent]:
        if isinstance(message, messages.ExecutionError):
            if message.blocked:
                yield NodeBlocked(message.comfy)
            else:
                self.current = None
        elif message.output is not None:
            yield self._show(self._ref(message.node, message.display_node), message.output)
            if message.node != self.current:
                yield from self._done_by_inference(message.node)

    def _start(self) -> Iterator[RunEvent]:
        if not self._started:
            self._started = True
            yield RunStarted()

    def _note_cached(self, nodes: tuple[str, ...]) -> Iterator[RunEvent]:
        if self._cached is None:
            self.begun = True
            self._cached = frozenset(nodes)
            yield NodesCached(nodes)

    def _executing(self, message: messages.Executing) -> Iterator[RunEvent]:
        if self.current not in (None, message.node):
            yield from self._done_by_inference(self.current)
        self.current = message.node
        if message.node is None:
            self.over = True
            return
        self.begun = True
        yield NodeStarted(self._ref(message.node, message.display_node))

    def _done_by_inference(self, node_id: str | None) -> Iterator[RunEvent]:
        """Servers before mid-2025 tell of no node's end: it shows when the next one begins."""
        if node_id is not None and not self._told_states and node_id not in self._finished:
            self._finished.add(node_id)
            yield NodeFinished(self._ref(node_id), cached=node_id in (self._cached or ()))

    def _progress(self, message: messages.Progress) -> Iterator[RunEvent]:
        node = message.node or self.current
        if node is not None:
            yield from self._step(self._ref(node), message.value, message.max)

    def _progress_state(self, message: messages.ProgressState) -> Iterator[RunEvent]:
        self.begun = True
        self._told_states = True
        for node_id, progress in message.nodes.items():
            if node_id not in self._finished:
                yield from self._node_progress(node_id, progress)

    def _node_progress(self, node_id: str, progress: NodeProgress) -> Iterator[RunEvent]:
        ref = self._remember(
            NodeRef(
                node_id,
                progress.display_node_id or node_id,
                progress.parent_node_id,
                progress.real_node_id,
            )
        )
        if progress.state == "finished":
            self._finished.add(node_id)
            yield NodeFinished(ref, cached=node_id in (self._cached or ()))
        elif progress.state == "running" and progress.value > 0:
            yield from self._step(ref, progress.value, progress.max)

    def _step(self, node: NodeRef, value: float, limit: float) -> Iterator[RunEvent]:
        if self._steps.get(node.node_id) != (value, limit):
            self._steps[node.node_id] = (value, limit)
            yield NodeStepped(node, value, limit)

    def _show(self, node: NodeRef, output: JsonObject) -> NodeOutput:
        self._shown.add(node.node_id)
        return NodeOutput(node, output, cached=node.node_id in (self._cached or ()))

    def _preview(self, frame: PreviewFrame) -> Iterator[RunEvent]:
        if (told := frame.metadata) is not None:
            ref = NodeRef(
                told.node_id,
                told.display_node_id or told.node_id,
                told.parent_node_id,
                told.real_node_id,
            )
            yield Preview(ref, frame.format, frame.data)
        elif self.current is not None:
            yield Preview(self._ref(self.current), frame.format, frame.data)

    def _ref(self, node_id: str, display: str | None = None) -> NodeRef:
        return self._refs.get(node_id) or NodeRef(node_id, display or node_id)

    def _remember(self, ref: NodeRef) -> NodeRef:
        return self._refs.setdefault(ref.node_id, ref)


def _expect_silent(_: _Silent) -> None:
    """For the type checker: no other kind of message is left."""
