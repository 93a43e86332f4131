"""When waiting jobs will start and end, by the workers there are and what jobs usually take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.scheduling.filters import suits
from greenroom.domain.scheduling.fleet import LoadTimes, WorkerView
from greenroom.domain.scheduling.waiting import Group, Waiting


@dataclass(frozen=True, slots=True)
class Eta:
    starts_at: Millis
    ends_at: Millis


@dataclass(slots=True)
class _Worker:
    view: WorkerView
    free_at: int
    warm: frozenset[ModelFile]


def likely_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The jobs as they would run if neither fair share nor warm models made a difference."""
    return sorted(waiting, key=lambda job: (job.priority, job.number, job.seq))


def queue_eta(
    order: Sequence[Waiting],
    fleet: Sequence[WorkerView],
    loads: LoadTimes,
    now: Millis,
    most: int = 1_000,
) -> dict[JobId, Eta]:
    """When each of the first `most` jobs will run; a job that no worker can run is not there.

    Each job in turn is thought to go where it would end first, so a job whose models some worker
    has waits for that worker only while that is quicker.
    """
    workers = [_Worker(view, now + view.wait_ms(now), view.warm) for view in fleet]
    able: dict[Group, list[_Worker]] = {}
    found: dict[JobId, Eta] = {}
    for job in order[:most]:
        group = job.group
        if group not in able:
            able[group] = [one for one in workers if suits(group, one.view)]
        if not able[group]:
            continue
        best = min(able[group], key=lambda one: _ends_at(job, one, loads))
        starts_at = max(best.free_at, job.ready_at)
        best.free_at = _ends_at(job, best, loads)
        best.warm = job.needs.models or best.warm
        found[job.id] = Eta(Millis(starts_at), Millis(best.free_at))
    return found


def _ends_at(job: Waiting, worker: _Worker, loads: LoadTimes) -> int:
    loading = loads.of(job.needs.models - worker.warm)
    return max(worker.free_at, job.ready_at) + loading + job.run_ms
