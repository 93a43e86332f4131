"""What the ready jobs ask for, summed over all that need the same, and who has it loaded."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from greenroom.domain.ids import WorkerId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Needs
from greenroom.domain.scheduling.affinity import is_warm
from greenroom.domain.scheduling.fleet import LoadTimes, WorkerView
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.waiting import Waiting


@dataclass(slots=True)
class Demand:
    """All the jobs that are ready and have the same needs."""

    needs: Needs
    backlog_ms: int = 0
    jobs: int = 0
    warm: set[WorkerId] = field(default_factory=set)
    """The workers that have the models."""


class Demands:
    def __init__(self, limits: Limits, loads: LoadTimes) -> None:
        self._limits = limits
        self._loads = loads
        self._by_needs: dict[Needs, Demand] = {}
        self._by_model: dict[ModelFile, dict[Needs, Demand]] = defaultdict(dict)

    def add(self, job: Waiting, fleet: Iterable[WorkerView]) -> Demand:
        demand = self._by_needs.get(job.needs)
        if demand is None:
            demand = self._by_needs[job.needs] = Demand(job.needs)
            for worker in fleet:
                self._note(demand, worker)
            for model in job.needs.models:
                self._by_model[model][job.needs] = demand
        demand.jobs += 1
        demand.backlog_ms += job.run_ms
        return demand

    def remove(self, job: Waiting) -> None:
        demand = self._by_needs[job.needs]
        demand.jobs -= 1
        demand.backlog_ms -= job.run_ms
        if demand.jobs:
            return
        del self._by_needs[job.needs]
        for model in job.needs.models:
            del self._by_model[model][job.needs]
            if not self._by_model[model]:
                del self._by_model[model]

    def see(self, worker: WorkerView, known: WorkerView | None) -> None:
        """The worker is as it says now; `known` is how it was before."""
        if known is None:
            for demand in self._by_needs.values():
                self._note(demand, worker)
            return
        for model in worker.warm ^ known.warm:
            for demand in self._by_model.get(model, {}).values():
                self._note(demand, worker)

    def forget(self, worker: WorkerId) -> None:
        for demand in self._by_needs.values():
            demand.warm.discard(worker)

    def _note(self, demand: Demand, worker: WorkerView) -> None:
        if demand.needs.models and is_warm(demand.needs, worker, self._limits, self._loads):
            demand.warm.add(worker.id)
        else:
            demand.warm.discard(worker.id)
