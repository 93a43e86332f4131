"""What nodes the fleet knows: object_info merged over its workers."""

from collections.abc import Callable
from dataclasses import dataclass

from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject
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
        self._parts: tuple[JsonObject, ...] = ()
        self._view = ObjectInfo({})
        self._revision = 0
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
        self._bring_up_to_date()
        return self._revision

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
        self._bring_up_to_date()
        return self._view

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
        ordered = sorted(self._workers.values(), key=lambda known: not known.live)
        parts = tuple({id(known.definitions): known.definitions for known in ordered}.values())
        if [*map(id, parts)] != [*map(id, self._parts)]:
            self._parts = parts
            self._view = ObjectInfo(merged(parts))
            self._revision += 1
