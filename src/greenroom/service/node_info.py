"""What nodes the fleet knows, or some of its workers: object_info merged over them."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject
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

    parts: tuple[JsonObject, ...]
    """/object_info of each, once where they know the same; of those that are up first."""
    revision: int
    """Another number for anything else."""
    view: ObjectInfo
    """Merged, and prepared for validation."""


class NodeInfo:
    """Workers tell their definitions here; a class that any of them knows is known.

    Workers that are down still count, so that jobs for them are accepted and wait.
    """

    def __init__(self) -> None:
        self._workers: dict[WorkerId, _Known] = {}
        self._fleet = Nodes((), 0, ObjectInfo({}))
        self._sets: dict[tuple[int, ...], Nodes] = {}
        self._revisions = itertools.count(1)
        self._stale = False
        self.changes = 0
        """Another number whenever anything is known otherwise, which workers are up included."""
        self._listeners: list[Callable[[WorkerId], None]] = []

    def listen(self, listener: Callable[[WorkerId], None]) -> None:
        """Call it with each worker of which something else is known than before."""
        self._listeners.append(listener)

    def learn(self, worker: WorkerId, definitions: JsonObject) -> None:
        """Note what a worker that is up can run."""
        self._know(worker, definitions, live=True)

    def recall(self, worker: WorkerId, definitions: JsonObject) -> None:
        """Note what a worker could run when it was last up, unless it is up now."""
        if worker not in self._workers:
            self._know(worker, definitions, live=False)

    def keep(self, name: WorkerId, definitions: JsonObject) -> None:
        """Note what workers that come and go can run, under a name that none of them has."""
        self._know(name, definitions, live=False)

    def last_known(self, worker: WorkerId) -> JsonObject | None:
        known = self._workers.get(worker)
        return None if known is None else known.definitions

    def set_live(self, worker: WorkerId) -> None:
        known = self._workers.get(worker)
        if known is not None:
            self._know(worker, known.definitions, live=True)

    def set_down(self, worker: WorkerId) -> None:
        known = self._workers.get(worker)
        if known is not None:
            self._know(worker, known.definitions, live=False)

    def forget(self, worker: WorkerId) -> None:
        if self._workers.pop(worker, None) is not None:
            self._tell(worker)

    @property
    def revision(self) -> int:
        """Another number whenever `definitions` and `view` have changed."""
        return self.fleet().revision

    def definitions(self) -> JsonObject:
        """ComfyUI's /object_info of the whole fleet."""
        return self.view().raw

    def live(self, worker: WorkerId) -> JsonObject | None:
        """/object_info of the worker, if it is up."""
        known = self._workers.get(worker)
        return known.definitions if known is not None and known.live else None

    def of_live_workers(self) -> dict[WorkerId, JsonObject]:
        """/object_info of each worker that is up."""
        return {worker: known.definitions for worker, known in self._workers.items() if known.live}

    def view(self) -> ObjectInfo:
        """The same as `definitions`, prepared for validation; built once a revision."""
        return self.fleet().view

    def fleet(self) -> Nodes:
        """What all workers know together."""
        self._bring_up_to_date()
        return self._fleet

    def of(self, workers: Iterable[WorkerId]) -> Nodes | None:
        """What these know together, or knew last; None when none of them was ever up.

        Merged once for all sets of workers that know the same.
        """
        known = [self._workers[worker] for worker in workers if worker in self._workers]
        parts = _parts(known)
        if not parts or _ids(parts) == _ids(self.fleet().parts):
            return self._fleet if parts else None
        kept = self._sets.pop(_ids(parts), None) or self._merged(parts)
        self._sets[_ids(parts)] = kept
        if len(self._sets) > _MOST_SETS:
            del self._sets[next(iter(self._sets))]
        return kept

    def _know(self, worker: WorkerId, definitions: JsonObject, *, live: bool) -> None:
        known = self._workers.get(worker)
        if known is None or known.live != live or known.definitions != definitions:
            self._workers[worker] = _Known(definitions, live)
            self._tell(worker)

    def _tell(self, worker: WorkerId) -> None:
        self._stale = True
        self.changes += 1
        for listener in self._listeners:
            listener(worker)

    def _bring_up_to_date(self) -> None:
        """Merge when somebody asks, and only what differs: hundreds of workers come up at once."""
        if not self._stale:
            return
        self._stale = False
        parts = _parts(self._workers.values())
        if _ids(parts) == _ids(self._fleet.parts):
            return
        self._fleet = self._merged(parts)
        there = {*_ids(parts)}
        self._sets = {some: kept for some, kept in self._sets.items() if there.issuperset(some)}

    def _merged(self, parts: tuple[JsonObject, ...]) -> Nodes:
        return Nodes(parts, next(self._revisions), ObjectInfo(merged(parts)))


def _parts(workers: Iterable[_Known]) -> tuple[JsonObject, ...]:
    ordered = sorted(workers, key=lambda known: not known.live)
    return tuple({id(known.definitions): known.definitions for known in ordered}.values())


def _ids(parts: tuple[JsonObject, ...]) -> tuple[int, ...]:
    return tuple(map(id, parts))
