"""What nodes the fleet knows, or some of its workers: object_info merged over them."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.fleet_info import merged
from greenroom.domain.workflow.object_info import ObjectInfo


@dataclass(frozen=True, slots=True)
class _Known:
    definitions: JsonObject
    live: bool


_MOST_SETS = 32
"""Sets of workers whose merged definitions are kept; each may be some megabytes."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """What some workers know together."""

    revision: int
    """Another one for any other workers, and whenever these know anything else."""
    definitions: JsonObject
    """ComfyUI's /object_info."""
    view: ObjectInfo
    """The same, prepared for validation."""


class NodeInfo:
    """Workers tell their definitions here; a class that any of them knows is known.

    Workers that are down still count, so that jobs for them are accepted and wait.
    """

    def __init__(self) -> None:
        self._workers: dict[WorkerId, _Known] = {}
        self._revisions = itertools.count(1)
        self._fleet = Nodes(0, {}, ObjectInfo({}))
        self._sets: dict[frozenset[WorkerId], tuple[list[JsonObject], Nodes]] = {}

    def learn(self, worker: WorkerId, definitions: JsonObject) -> None:
        """Note what a worker that is up can run."""
        known = self._workers.get(worker)
        if known is None or not known.live or known.definitions != definitions:
            self._workers[worker] = _Known(definitions, live=True)
            self._merge()

    def recall(self, worker: WorkerId, definitions: JsonObject) -> None:
        """Note what a worker could run when it was last up, unless it is up now."""
        if worker not in self._workers:
            self._workers[worker] = _Known(definitions, live=False)
            self._merge()

    def keep(self, name: WorkerId, definitions: JsonObject) -> None:
        """Note what workers that come and go can run, under a name that none of them has."""
        known = self._workers.get(name)
        if known is None or known.definitions != definitions:
            self._workers[name] = _Known(definitions, live=False)
            self._merge()

    def last_known(self, worker: WorkerId) -> JsonObject | None:
        known = self._workers.get(worker)
        return None if known is None else known.definitions

    def set_live(self, worker: WorkerId) -> None:
        known = self._workers.get(worker)
        if known is not None and not known.live:
            self._workers[worker] = _Known(known.definitions, live=True)
            self._merge()

    def set_down(self, worker: WorkerId) -> None:
        known = self._workers.get(worker)
        if known is not None and known.live:
            self._workers[worker] = _Known(known.definitions, live=False)
            self._merge()

    def forget(self, worker: WorkerId) -> None:
        if self._workers.pop(worker, None) is not None:
            self._merge()

    @property
    def revision(self) -> int:
        """Of the whole fleet."""
        return self._fleet.revision

    def definitions(self) -> JsonObject:
        """ComfyUI's /object_info of the whole fleet."""
        return self._fleet.definitions

    def of_live_workers(self) -> dict[WorkerId, JsonObject]:
        """/object_info of each worker that is up."""
        return {worker: known.definitions for worker, known in self._workers.items() if known.live}

    def view(self) -> ObjectInfo:
        """Of the whole fleet, prepared for validation; built once a revision."""
        return self._fleet.view

    def fleet(self) -> Nodes:
        """What all workers know together."""
        return self._fleet

    def of(self, workers: Iterable[WorkerId]) -> Nodes | None:
        """What these know together, or knew last; None when none of them was ever up.

        Merged once, for as long as they know the same.
        """
        who = frozenset(worker for worker in workers if worker in self._workers)
        if not who:
            return None
        if len(who) == len(self._workers):
            return self._fleet
        parts = _live_first(known for worker, known in self._workers.items() if worker in who)
        before = self._sets.pop(who, None)
        if before is None or not _are_same(before[0], parts):
            before = (parts, self._made(parts))
        self._sets[who] = before
        if len(self._sets) > _MOST_SETS:
            del self._sets[next(iter(self._sets))]
        return before[1]

    def _merge(self) -> None:
        self._fleet = self._made(_live_first(self._workers.values()))
        there = self._workers.keys()
        self._sets = {who: kept for who, kept in self._sets.items() if who <= there}

    def _made(self, parts: list[JsonObject]) -> Nodes:
        definitions: dict[str, JsonValue] = merged(parts)
        return Nodes(next(self._revisions), definitions, ObjectInfo(definitions))


def _live_first(workers: Iterable[_Known]) -> list[JsonObject]:
    return [known.definitions for known in sorted(workers, key=lambda known: not known.live)]


def _are_same(some: list[JsonObject], others: list[JsonObject]) -> bool:
    return len(some) == len(others) and all(
        one is other for one, other in zip(some, others, strict=True)
    )
