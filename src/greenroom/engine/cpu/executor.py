"""Runs one graph in the child process: what is cached, what runs, and what is said about it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from greenroom.domain.failure import FailureClass
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.run import (
    NodeFinished,
    NodeOutput,
    NodeRef,
    NodesCached,
    NodeStarted,
    RunEvent,
    RunStarted,
)
from greenroom.engine.cpu import trouble, wire
from greenroom.engine.cpu.cache import Cache, Entry
from greenroom.engine.cpu.calls import run_each
from greenroom.engine.cpu.context import Context, RunContext, StopRequested
from greenroom.engine.cpu.graph import Link, Node, parse, signatures
from greenroom.engine.cpu.naming import Naming
from greenroom.engine.cpu.node import CODE
from greenroom.engine.cpu.schedule import Schedule
from greenroom.engine.cpu.sources import Sources


@dataclass(frozen=True, slots=True)
class Settings:
    """What the child was started with, and what it lives with."""

    cache: Cache
    pixel_limit: int
    report: Callable[[wire.Report], None]
    stop_requested: Callable[[int], bool]


def execute(order: wire.StartRun, settings: Settings) -> wire.Report:
    """Run the graph; the report with which it ends."""
    settings.report(wire.happened(RunStarted()))
    try:
        run = _GraphRun(order, settings)
        run.to_the_end()
    except StopRequested:
        return wire.Stopped(settings.cache.homes())
    except _NodeFailed as failed:
        return failed.report
    except Exception as error:  # noqa: BLE001 - a graph that no rule foresaw must not end the process
        return trouble.failed(error, {}, settings.cache.homes())
    return wire.Ended(run.reused, settings.cache.homes())


class _NodeFailed(Exception):  # noqa: N818 - it carries a report, the error is its cause
    def __init__(self, report: wire.Failed) -> None:
        super().__init__(report.message)
        self.report = report


class _GraphRun:
    def __init__(self, order: wire.StartRun, settings: Settings) -> None:
        self._order = order
        self._settings = settings
        self._cache = settings.cache
        graph = json.loads(order.graph)
        self._prompt: dict[str, Any] = graph
        self._nodes = parse(graph)
        self._sources = Sources(order.inputs)
        self._keys = signatures(self._nodes, self._fingerprint, order.tenant)
        self._executed: dict[str, None] = {}
        self._visited: set[str] = set()
        self._wrote = False
        self._showed_again = False
        self._context = self._run_context()
        self._schedule = Schedule(self._nodes, self._cached)

    @property
    def reused(self) -> bool:
        return self._showed_again and not self._wrote

    def to_the_end(self) -> None:
        cached = tuple(node for node in self._nodes if self._cached(node) is not None)
        self._emit(NodesCached(cached))
        self._begin()
        while (node_id := self._schedule.take()) is not None:
            self._context.check()
            self._visit(self._nodes[node_id])
        if left := self._schedule.left():
            self._fail(self._nodes[left[0]], RecursionError("Dependency cycle detected"), {})
        for node in self._nodes.values():
            self._show_again(node)

    def _run_context(self) -> RunContext:
        extra = json.loads(self._order.extra)
        naming = Naming(Path(self._order.home))
        for node_id in self._nodes:
            if (entry := self._cached(node_id)) is not None and entry.ui:
                naming.reserve(entry.ui)
        return RunContext(
            prompt=self._prompt,
            extra_pnginfo=extra.get("extra_pnginfo"),
            sources=self._sources,
            naming=naming,
            pixel_limit=self._settings.pixel_limit,
            emit=self._emit,
            stop_requested=partial(self._settings.stop_requested, self._order.serial),
        )

    def _emit(self, event: RunEvent, home: str = "") -> None:
        self._settings.report(wire.happened(event, home))

    def _cached(self, node_id: str) -> Entry | None:
        return self._cache.get(self._keys.get(node_id))

    def _fingerprint(self, node: Node) -> JsonValue:
        """Recorded in the prompt too, as `is_changed`, for that is what saved pictures tell."""
        code = CODE[node.definition.name]
        if code.fresh:
            raise ValueError("never reused")
        if code.watch is None:
            return None
        literal = {name: v for name, v in node.inputs.items() if not isinstance(v, Link)}
        mark = code.watch(literal, self._sources)
        self._prompt[node.id]["is_changed"] = [mark]
        return mark

    def _begin(self) -> None:
        try:
            self._schedule.begin(self._order.outputs)
        except KeyError as missing:
            error = LookupError(f"The graph has no usable node {missing}")
            kind = FailureClass.INVALID_GRAPH
            raise _NodeFailed(trouble.failed(error, {}, self._cache.homes(), kind=kind)) from None

    def _visit(self, node: Node) -> None:
        ref = NodeRef(node.id, node.id)
        self._visited.add(node.id)
        if (entry := self._cached(node.id)) is not None:
            if entry.ui:
                self._showed_again = True
                self._emit(NodeOutput(ref, entry.ui, cached=True), entry.home)
            self._emit(NodeFinished(ref, cached=True))
            self._schedule.finish(node.id, entry)
            return
        self._emit(NodeStarted(ref))
        lists, missing = self._gather(node)
        try:
            if wanted := self._lazily_wanted(node, lists, missing):
                self._schedule.demand(node.id, wanted)
                return
            made = self._call(node, lists)
        except Exception as error:  # noqa: BLE001 - whatever a node raises is the run's failure
            self._fail(node, error, lists)
        self._complete(ref, made)

    def _show_again(self, node: Node) -> None:
        """What a cached node in the middle of the graph shows, though nothing asked for it."""
        entry = self._cached(node.id)
        if node.definition.intermediate and node.id not in self._visited and entry and entry.ui:
            self._emit(NodeOutput(NodeRef(node.id, node.id), entry.ui, cached=True), entry.home)

    def _complete(self, ref: NodeRef, entry: Entry) -> None:
        if entry.ui:
            self._wrote = True
            self._emit(NodeOutput(ref, entry.ui), entry.home)
        self._cache.put(self._keys[ref.node_id], entry)
        self._emit(NodeFinished(ref))
        self._executed[ref.node_id] = None
        self._schedule.finish(ref.node_id, entry)

    def _gather(self, node: Node) -> tuple[dict[str, list[Any]], set[str]]:
        """The values of every input, and the names of the linked ones that are not there."""
        lists: dict[str, list[Any]] = {}
        missing: set[str] = set()
        held = self._schedule.held(node.id)
        for name, value in node.inputs.items():
            if not isinstance(value, Link):
                lists[name] = [value]
                continue
            entry = held.get(value.source)
            if entry is None or value.slot >= len(entry.outputs):
                lists[name] = [None]
                missing.add(name)
            else:
                lists[name] = list(entry.outputs[value.slot])
        return lists, missing

    def _lazily_wanted(
        self, node: Node, lists: Mapping[str, list[Any]], missing: set[str]
    ) -> list[str]:
        code = CODE[node.definition.name]
        if code.needs is None:
            return []
        longest = max((len(values) for values in lists.values()), default=0)
        wanted: dict[str, None] = {}
        for index in range(longest):
            values = {name: v[min(index, len(v) - 1)] for name, v in lists.items()}
            wanted |= dict.fromkeys(code.needs(values))
        return [name for name in wanted if name in missing]

    def _call(self, node: Node, lists: Mapping[str, list[Any]]) -> Entry:
        code = CODE[node.definition.name]
        call = (
            partial(code.call, Context(self._context, node.id)) if code.wants_context else code.call
        )
        outputs, ui = run_each(node, lists, call)
        return Entry(outputs, ui, self._order.home)

    def _fail(self, node: Node, error: Exception, lists: Mapping[str, list[Any]]) -> NoReturn:
        place: JsonObject = {
            "node_id": node.id,
            "node_type": node.definition.name,
            "executed": list(self._executed),
            "current_inputs": trouble.shown(lists),
            "current_outputs": list(self._prompt),
        }
        report = trouble.failed(error, place, self._cache.homes(), hide=self._hide)
        raise _NodeFailed(report) from error

    def _hide(self, text: str) -> str:
        return self._sources.hide(text).replace(f"{self._order.home}/", "")
