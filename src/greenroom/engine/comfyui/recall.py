"""What cached output nodes showed when they ran: ComfyUIs before mid-2026 do not repeat it."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output import is_file
from greenroom.domain.workflow.graph import as_link
from greenroom.engine.comfyui import history
from greenroom.engine.comfyui.http import (
    ComfyHttp,
    HistoryEntry,
    PastRun,
    Refused,
    Unreachable,
)
from greenroom.engine.comfyui.outputs import Downloads

_RECENT = 100
"""Runs that are looked through, the latest first."""
_OWN = ("class_type", "is_changed")
"""ComfyUI notes in the latter by what a node sees that its file has changed."""


@dataclass(frozen=True, slots=True)
class Recalled:
    entry: HistoryEntry
    """The run's history entry with what was found."""
    unknown: frozenset[str]
    """The nodes of which nothing is known, or whose files are gone."""


class Recall:
    """Looks for earlier runs of the same nodes in ComfyUI's own history.

    The history is as old as the cache: both end with ComfyUI's process.
    """

    def __init__(self, http: ComfyHttp, downloads: Downloads) -> None:
        self._http = http
        self._downloads = downloads

    async def of(self, prompt_id: str, entry: HistoryEntry, nodes: frozenset[str]) -> Recalled:
        """Fill in what the nodes of the run would have shown."""
        try:
            there = await self._find(prompt_id, nodes)
        except (Unreachable, Refused):
            there = {}
        outputs = {node: shown.output for node, shown in there.items() if shown.output is not None}
        meta = {node: _renamed(there[node], node) for node in outputs}
        filled = msgspec.structs.replace(
            entry, outputs={**entry.outputs, **outputs}, meta={**entry.meta, **meta}
        )
        return Recalled(filled, nodes - there.keys())

    async def _find(self, prompt_id: str, nodes: frozenset[str]) -> "dict[str, _Shown]":
        past = await self._http.recent_history(_RECENT)
        own = past.pop(prompt_id, None)
        if own is None:
            return {}
        found = await asyncio.to_thread(_search, own.graph, nodes, list(reversed(past.values())))
        return {node: shown for node, shown in found.items() if await self._is_there(shown)}

    async def _is_there(self, shown: "_Shown") -> bool:
        for item in _files(shown.output or {}):
            if not await self._downloads.has(item):
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Shown:
    node: str
    output: dict[str, JsonValue] | None
    """None when the node ran and had nothing to show."""
    meta: JsonObject


def _search(graph: JsonObject, nodes: Iterable[str], past: Sequence[PastRun]) -> dict[str, _Shown]:
    found = {}
    for node in nodes:
        told = (_shown_in(run, graph, node) for run in past)
        shown = next((one for one in told if one is not None), None)
        if shown is not None:
            found[node] = shown
    return found


def _shown_in(run: PastRun, graph: JsonObject, node: str) -> _Shown | None:
    """What the past run tells of the node; None when it did not run there."""
    for other in run.targets:
        if not same_work(graph, node, run.graph, other):
            continue
        if other in run.outputs:
            return _Shown(other, run.outputs[other], run.meta.get(other, {}))
        ran = other not in (history.cached_nodes(run) or ())
        if ran and isinstance(history.ending(run, run.targets), history.Succeeded):
            return _Shown(other, None, {})
    return None


def same_work(one: JsonObject, node: str, other: JsonObject, its: str) -> bool:
    """Whether the node of one graph gets the very inputs that `its` gets in the other."""
    waiting, seen = [(node, its)], set()
    while waiting:
        pair = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        links = _linked(one.get(pair[0]), other.get(pair[1]))
        if links is None:
            return False
        waiting += links
    return True


def _linked(left: JsonValue, right: JsonValue) -> list[tuple[str, str]] | None:
    """The nodes that feed two nodes, side by side; None when these differ in what is their own."""
    if not isinstance(left, Mapping) or not isinstance(right, Mapping):
        return None
    inputs, others = left.get("inputs"), right.get("inputs")
    if not isinstance(inputs, Mapping) or not isinstance(others, Mapping):
        return None
    if inputs.keys() != others.keys():
        return None
    if any(_text(left.get(name)) != _text(right.get(name)) for name in _OWN):
        return None
    feeding = []
    for name, value in inputs.items():
        link, its = as_link(value), as_link(others[name])
        if link is not None and its is not None and link.slot == its.slot:
            feeding.append((link.node_id, its.node_id))
        elif link is not None or its is not None or _text(value) != _text(others[name]):
            return None
    return feeding


def _files(output: JsonObject) -> Iterator[JsonObject]:
    for values in output.values():
        for item in values if isinstance(values, Sequence) else ():
            if isinstance(item, Mapping) and is_file(item):
                yield item


def _renamed(shown: _Shown, node: str) -> dict[str, JsonValue]:
    told = dict(shown.meta)
    names = {name: node for name, value in told.items() if value == shown.node}
    return {**told, **names} if told else {}


def _text(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)
