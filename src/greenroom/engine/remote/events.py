"""Run events and endings on the way: from the domain's to the line's, and back."""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from greenroom.domain import run
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.run import NodeRef, PreviewFormat, RunEvent
from greenroom.engine.base import EngineError, Interrupted, RunResult
from greenroom.engine.remote import messages as wire


@dataclass(frozen=True, slots=True)
class Ended:
    """The last word about a run; `result` is None when the run is not known any more."""

    result: RunResult | EngineError | Interrupted | None


@dataclass(frozen=True, slots=True)
class Retold:
    """What follows may repeat what was told before."""


Word: TypeAlias = RunEvent | Ended | Retold


def is_hint(event: RunEvent) -> bool:
    """Whether a run loses nothing but looks when this is not told."""
    return isinstance(event, run.NodeStepped | run.Preview | run.NodeText)


def event_to_wire(event: RunEvent) -> wire.Happening:  # noqa: PLR0911 - one line for each event
    match event:
        case run.RunStarted():
            return wire.Started()
        case run.NodesCached():
            return wire.Cached(event.nodes)
        case run.NodeStarted():
            return wire.NodeBegan(_node(event.node))
        case run.NodeStepped():
            return wire.Stepped(_node(event.node), event.value, event.max)
        case run.NodeOutput():
            return wire.Output(_node(event.node), wire.pack(event.output), event.cached)
        case run.NodeFinished():
            return wire.NodeEnded(_node(event.node), event.cached)
        case run.Preview():
            return wire.Picture(_node(event.node), event.format.value, event.data)
        case run.NodeText():
            return wire.Text(event.node_id, event.text)
        case run.NodeBlocked():
            return wire.Blocked(wire.pack(event.comfy))
        case never:
            assert_never(never)


def ending_to_wire(ending: RunResult | EngineError | Interrupted | None) -> wire.Happening:
    match ending:
        case RunResult():
            return wire.Done(
                wire.pack(ending.outputs), wire.pack(ending.meta), ending.outputs_reused
            )
        case EngineError():
            failure = ending.failure
            return wire.Failed(
                failure.kind.value, failure.message, failure.node_id, failure.node_type,
                wire.pack(failure.comfy),
            )  # fmt: skip
        case Interrupted():
            return wire.Stopped(wire.pack(ending.comfy))
        case None:
            return wire.Gone()
        case never:
            assert_never(never)


def from_wire(told: wire.Happening) -> Word:  # noqa: C901, PLR0911, PLR0912 - one line for each
    match told:
        case wire.Started():
            return run.RunStarted()
        case wire.Cached():
            return run.NodesCached(told.nodes)
        case wire.NodeBegan():
            return run.NodeStarted(NodeRef(*told.node))
        case wire.Stepped():
            return run.NodeStepped(NodeRef(*told.node), told.value, told.max)
        case wire.Output():
            return run.NodeOutput(NodeRef(*told.node), wire.unpack(told.ui), told.cached)
        case wire.NodeEnded():
            return run.NodeFinished(NodeRef(*told.node), told.cached)
        case wire.Picture():
            return run.Preview(NodeRef(*told.node), PreviewFormat(told.mime), told.data)
        case wire.Text():
            return run.NodeText(told.node, told.text)
        case wire.Blocked():
            return run.NodeBlocked(wire.unpack(told.comfy))
        case wire.Anew():
            return Retold()
        case wire.Done():
            made, meta = wire.unpack(told.outputs), wire.unpack(told.meta)
            return Ended(RunResult(made, meta, told.reused))
        case wire.Failed():
            return Ended(EngineError(_failure(told)))
        case wire.Stopped():
            return Ended(Interrupted(wire.unpack(told.comfy)))
        case wire.Gone():
            return Ended(None)
        case never:
            assert_never(never)


def _failure(told: wire.Failed) -> Failure:
    kind, comfy = FailureClass(told.kind), wire.unpack(told.comfy)
    return Failure(kind, told.message, told.node, told.node_type, comfy)


def _node(node: NodeRef) -> wire.Node:
    return (node.node_id, node.display_node_id, node.parent_node_id, node.real_node_id)
