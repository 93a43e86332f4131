"""A history entry -> how the run ended."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonObject
from greenroom.domain.run import NodeRef
from greenroom.engine.base import RunResult
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.http import HistoryEntry


@dataclass(frozen=True, slots=True)
class Succeeded:
    result: RunResult


@dataclass(frozen=True, slots=True)
class Failed:
    failure: Failure


@dataclass(frozen=True, slots=True)
class Stopped:
    comfy: JsonObject


Ending: TypeAlias = Succeeded | Failed | Stopped


def ending(entry: HistoryEntry, wanted: Iterable[str]) -> Ending:
    """`wanted` are the output nodes that were asked for.

    ComfyUI notes a cycle that arises while it runs as a success with an error message, so the
    messages count for more than the status.
    """
    status = entry.status
    for event, data in status.messages if status else ():
        if event == "execution_interrupted":
            return Stopped(data)
        if event == "execution_error" and data.get("exception_type") != "ExecutionBlocked":
            return Failed(failures.from_execution_error(data))
    if status is not None and status.status_str == "error":
        return Failed(Failure(FailureClass.NODE_ERROR, "ComfyUI reports an error without a cause"))
    meta = {node_id: _meta(entry, node_id) for node_id in entry.outputs}
    reused = _reused(entry, frozenset(wanted))
    return Succeeded(RunResult(dict(entry.outputs), meta, outputs_reused=reused))


def cached_nodes(entry: HistoryEntry) -> tuple[str, ...] | None:
    """The nodes that ComfyUI took from its cache; None when the entry does not tell."""
    for event, data in entry.status.messages if entry.status else ():
        nodes = data.get("nodes")
        if event == "execution_cached" and isinstance(nodes, list):
            return tuple(str(node) for node in nodes)
    return None


def left_out(entry: HistoryEntry, wanted: Iterable[str], heard: Collection[str]) -> frozenset[str]:
    """The output nodes that were served from the cache and of which nothing was shown.

    `heard` are the nodes of which the socket told. Nothing is left out of a run that failed.
    """
    silent = frozenset(wanted) - frozenset(entry.outputs) - frozenset(heard)
    if not silent or not isinstance(ending(entry, wanted), Succeeded):
        return frozenset()
    cached = cached_nodes(entry)
    return silent if cached is None else silent & frozenset(cached)


def shown_outputs(entry: HistoryEntry) -> list[tuple[NodeRef, JsonObject]]:
    return [(_ref(_meta(entry, node)), output) for node, output in entry.outputs.items()]


def _reused(entry: HistoryEntry, wanted: frozenset[str]) -> bool:
    """Servers before mid-2026 leave out what cached nodes had shown; later ones repeat it."""
    cached = frozenset(cached_nodes(entry) or ())
    nodes = wanted | frozenset(entry.outputs)
    left_out = (wanted & cached) - frozenset(entry.outputs)
    return bool(nodes) and (nodes <= cached or bool(left_out))


def _meta(entry: HistoryEntry, node_id: str) -> JsonObject:
    told = entry.meta.get(node_id)
    if told is not None:
        return told
    return {
        "node_id": node_id,
        "display_node": node_id,
        "parent_node": None,
        "real_node_id": node_id,
    }


def _ref(meta: JsonObject) -> NodeRef:
    node_id = str(meta.get("node_id"))
    parent, real = meta.get("parent_node"), meta.get("real_node_id")
    return NodeRef(
        node_id,
        str(meta.get("display_node") or node_id),
        None if parent is None else str(parent),
        None if real is None else str(real),
    )
