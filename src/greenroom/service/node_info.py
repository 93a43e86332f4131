"""What nodes the fleet knows: object_info merged over its workers."""

from dataclasses import dataclass

from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.fleet_info import merged
from greenroom.domain.workflow.object_info import ObjectInfo


@dataclass(frozen=True, slots=True)
class _Known:
    definitions: JsonObject
    live: bool


class NodeInfo:
    """Workers tell their definitions here; a class that any of them knows is known.

    Workers that are down still count, so that jobs for them are accepted and wait.
    """

    def __init__(self) -> None:
        self._workers: dict[WorkerId, _Known] = {}
        self._merged: dict[str, JsonValue] = {}
        self._view = ObjectInfo({})
        self.revision = 0

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

    def definitions(self) -> JsonObject:
        """ComfyUI's /object_info of the whole fleet."""
        return self._merged

    def of_live_workers(self) -> dict[WorkerId, JsonObject]:
        """/object_info of each worker that is up."""
        return {worker: known.definitions for worker, known in self._workers.items() if known.live}

    def view(self) -> ObjectInfo:
        """The same, prepared for validation; built once a revision."""
        return self._view

    def _merge(self) -> None:
        ordered = sorted(self._workers.values(), key=lambda known: not known.live)
        self._merged = merged(known.definitions for known in ordered)
        self._view = ObjectInfo(self._merged)
        self.revision += 1
