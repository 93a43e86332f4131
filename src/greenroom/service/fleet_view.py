"""The workers as the scheduler sees them: those that take jobs, what they have and what is warm."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.json import JsonObject
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Capabilities, capabilities_of
from greenroom.domain.scheduling.fleet import SLOT, Slot, WorkerView
from greenroom.domain.scheduling.policy import Policy
from greenroom.domain.worker import Worker, WorkerStatus
from greenroom.service.node_info import NodeInfo
from greenroom.service.workers import Workers


@dataclass(slots=True)
class _Loaded:
    warm: frozenset[ModelFile] = field(default_factory=frozenset)
    since: Millis | None = None
    free_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class _Abilities:
    of: JsonObject
    able: Capabilities


class FleetView:
    """Keeps a policy informed about the workers.

    Only those are looked at of which something has changed: with a thousand workers, one of them
    asks for a job every few milliseconds.
    """

    def __init__(self, workers: Workers, nodes: NodeInfo, policy: Policy) -> None:
        self._workers = workers
        self._nodes = nodes
        self._policy = policy
        self._shown: dict[WorkerId, WorkerView] = {}
        self._abilities: dict[WorkerId, _Abilities] = {}
        self._loaded: dict[WorkerId, _Loaded] = {}
        self._touched = {one.id for one in workers.all()} | nodes.of_live_workers().keys()
        self._looking = asyncio.Lock()
        workers.listen(self._touched.add)
        nodes.listen(self._touched.add)

    async def refresh(self) -> None:
        """Show the policy every worker that takes jobs, as it is now, and no other."""
        if not self._touched:
            return
        async with self._looking:
            while self._touched:
                worker = next(iter(self._touched))
                definitions = self._nodes.live(worker)
                known = self._abilities.get(worker)
                if definitions is not None and (known is None or known.of is not definitions):
                    self._abilities[worker] = await self._read(definitions)
                    continue  # Things may have changed meanwhile.
                self._touched.discard(worker)
                self._look_at(worker)

    async def _read(self, definitions: JsonObject) -> _Abilities:
        """Workers with one node list share what it says."""
        for known in self._abilities.values():
            if known.of is definitions:
                return known
        able = await asyncio.to_thread(capabilities_of, definitions)
        return _Abilities(definitions, able)

    def _look_at(self, worker: WorkerId) -> None:
        if self._nodes.live(worker) is None:
            self._abilities.pop(worker, None)
            self._loaded.pop(worker, None)
        one = self._workers.find(worker)
        if one is not None and one.status is WorkerStatus.UP and worker in self._abilities:
            self._show(one)
        elif self._shown.pop(worker, None) is not None:
            self._policy.forget(worker)

    def all(self) -> Iterable[WorkerView]:
        """The workers that take jobs."""
        return self._shown.values()

    def foretold(self, ends_at: Callable[[JobId], Millis | None]) -> list[WorkerView]:
        """The same, each free when `ends_at` says so of what it runs, where it does."""
        running = {one.id: one.jobs for one in self._workers.all()}
        return [_foretold(view, running.get(view.id, ()), ends_at) for view in self._shown.values()]

    def get(self, worker: WorkerId) -> WorkerView | None:
        return self._shown.get(worker)

    def starts(
        self, worker: WorkerId, models: frozenset[ModelFile], now: Millis, free_at: Millis
    ) -> bool:
        """The worker begins a run that needs these models; whether it must load any of them."""
        state = self._loaded.setdefault(worker, _Loaded())
        loads = bool(models - state.warm)
        if loads:
            state.warm, state.since = models, now
        state.free_at = free_at
        self._show_again(worker)
        return loads

    def is_free(self, worker: WorkerId, *, emptied: bool = False) -> None:
        """The worker has room; when it was `emptied`, it has no models any more."""
        state = self._loaded.setdefault(worker, _Loaded())
        state.free_at = None
        if emptied:
            state.warm, state.since = frozenset(), None
        self._show_again(worker)

    def _show_again(self, worker: WorkerId) -> None:
        one = self._workers.find(worker)
        if one is not None and worker in self._shown:
            self._show(one)

    def _show(self, worker: Worker) -> None:
        state = self._loaded.get(worker.id) or _Loaded()
        view = WorkerView(
            worker.id,
            self._abilities[worker.id].able,
            frozenset(worker.labels.items()),
            Slot.NETWORK if worker.labels.get(SLOT) == Slot.NETWORK else Slot.GPU,
            warm=state.warm,
            warm_since=state.since,
            free_at=state.free_at,
        )
        if self._shown.get(worker.id) != view:
            self._shown[worker.id] = view
            self._policy.see(view)


def _foretold(
    view: WorkerView, jobs: Iterable[JobId], ends_at: Callable[[JobId], Millis | None]
) -> WorkerView:
    known = [at for at in map(ends_at, jobs) if at is not None]
    return replace(view, free_at=max(known)) if known else view
