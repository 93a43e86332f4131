"""Which node runs next: sources first, and those soonest that bring an output closest."""

import heapq
from collections.abc import Callable, Mapping

from greenroom.engine.cpu.cache import Entry
from greenroom.engine.cpu.graph import Node


class Schedule:
    """The nodes still to run and the results that they wait for.

    `cached` tells the result of a node that need not run. Lazy inputs are left out until
    `demand` asks for them.
    """

    def __init__(self, nodes: Mapping[str, Node], cached: Callable[[str], Entry | None]) -> None:
        self._nodes = nodes
        self._cached = cached
        self._order: dict[str, int] = {}
        self._waits: dict[str, set[str]] = {}
        self._feeds: dict[str, dict[str, None]] = {}
        self._held: dict[str, dict[str, Entry]] = {}
        self._ready: list[tuple[int, int, str]] = []

    def begin(self, outputs: tuple[str, ...]) -> None:
        added = [node for output in outputs for node in self._add(output)]
        self._release(added)

    def demand(self, node_id: str, inputs: list[str]) -> None:
        """Put the taken node back until these lazy inputs of it are there."""
        links = dict(self._nodes[node_id].links())
        added: list[str] = []
        for name in inputs:
            added += self._need(links[name].source, node_id)
        self._release([*added, node_id])

    def take(self) -> str | None:
        """A node whose inputs are all there; None when there is none."""
        return heapq.heappop(self._ready)[2] if self._ready else None

    def finish(self, node_id: str, entry: Entry) -> None:
        del self._waits[node_id]
        self._held.pop(node_id, None)
        freed = self._feeds.pop(node_id)
        for consumer in freed:
            self._held.setdefault(consumer, {})[node_id] = entry
            self._waits[consumer].discard(node_id)
        self._release(list(freed))

    def held(self, node_id: str) -> Mapping[str, Entry]:
        """The results that the node may read, by the node that made them."""
        return self._held.get(node_id, {})

    def left(self) -> list[str]:
        return list(self._waits)

    def _add(self, root: str) -> list[str]:
        added: list[str] = []
        stack = [root]
        while stack:
            node_id = stack.pop()
            if node_id in self._waits:
                continue
            self._order[node_id] = len(self._order)
            self._waits[node_id] = set()
            self._feeds[node_id] = {}
            added.append(node_id)
            stack.extend(self._eager_sources(node_id))
        for node_id in added:
            for source in self._links(node_id):
                self._connect(source, node_id)
        return added

    def _links(self, node_id: str) -> list[str]:
        node = self._nodes[node_id]
        return [link.source for name, link in node.links() if not node.definition.is_lazy(name)]

    def _eager_sources(self, node_id: str) -> list[str]:
        return [source for source in self._links(node_id) if self._cached(source) is None]

    def _need(self, source: str, consumer: str) -> list[str]:
        added = [] if self._cached(source) is not None else self._add(source)
        self._connect(source, consumer)
        return added

    def _connect(self, source: str, consumer: str) -> None:
        if source in self._waits:
            self._feeds[source][consumer] = None
            self._waits[consumer].add(source)
        elif (entry := self._cached(source)) is not None:
            self._held.setdefault(consumer, {})[source] = entry

    def _release(self, candidates: list[str]) -> None:
        for node_id in candidates:
            if not self._waits[node_id]:
                item = (self._rank(node_id), self._order[node_id], node_id)
                heapq.heappush(self._ready, item)

    def _rank(self, node_id: str) -> int:
        """0 for an output, 1 right before one, 2 two steps before, 3 for the rest."""
        ring = {node_id: None}
        for distance in range(3):
            if any(self._nodes[each].definition.output_node for each in ring):
                return distance
            ring = {after: None for each in ring for after in self._feeds.get(each, ())}
        return 3
