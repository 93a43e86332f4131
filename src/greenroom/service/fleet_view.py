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


class FleetView:
    """Keeps a policy informed about the workers."""

    def __init__(self, workers: Workers, nodes: NodeInfo, policy: Policy) -> None:
        self._workers = workers
        self._nodes = nodes
        self._policy = policy
        self._shown: dict[WorkerId, WorkerView] = {}
        self._known: dict[WorkerId, tuple[JsonObject, Capabilities]] = {}
        self._loaded: dict[WorkerId, _Loaded] = {}
        self._seen: dict[WorkerId, Worker] = {}
        """What each of those shown was when it was looked at."""

    async def refresh(self) -> None:
        """Show the policy every worker that takes jobs, as it is now, and no other."""
        live = self._nodes.of_live_workers()
        for worker, definitions in live.items():
            known = self._known.get(worker)
            if known is None or known[0] is not definitions:
                able = await asyncio.to_thread(capabilities_of, definitions)
                self._known[worker] = (definitions, able)
                self._seen.pop(worker, None)
        up = {one.id: one for one in self._workers.all() if one.status is WorkerStatus.UP}
        for gone in self._shown.keys() - (up.keys() & live.keys()):
            self._policy.forget(gone)
            del self._shown[gone]
            self._seen.pop(gone, None)
        for gone in self._known.keys() - live.keys():
            del self._known[gone]
            self._loaded.pop(gone, None)
        for worker in up.keys() & self._known.keys():
            if self._seen.get(worker) is not up[worker]:
                self._seen[worker] = up[worker]
                self._show(up[worker])

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
        if worker in self._shown and (seen := self._seen.get(worker)) is not None:
            self._show(seen)

    def _show(self, worker: Worker) -> None:
        state = self._loaded.get(worker.id) or _Loaded()
        view = WorkerView(
            worker.id,
            self._known[worker.id][1],
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
