"""Jobs that ended on a server, as a trace."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DEFAULT_TENANT, TenantId, WorkerId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import NO_NEEDS, Needs
from greenroom.domain.scheduling.fleet import LoadTimes
from greenroom.domain.scheduling.trace import TraceJob
from greenroom.domain.scheduling.waiting import Priority


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ran to a good end."""

    created_at: Millis
    started_at: Millis
    finished_at: Millis
    needs: Needs = NO_NEEDS
    tenant: TenantId = DEFAULT_TENANT
    priority: Priority = Priority.INTERACTIVE
    worker: WorkerId | None = None
    """None when it is not known; such jobs are taken to have run on one worker."""

    @property
    def took_ms(self) -> int:
        return max(self.finished_at - self.started_at, 0)


def as_trace(ended: Iterable[Ended], fallback: LoadTimes | None = None) -> list[TraceJob]:
    """The jobs from the first that was accepted, without graphs or texts.

    Loading is told apart from running: a job is taken to have loaded its models when the job before
    it on its worker had others. How long that took is what such runs took longer than the others,
    or `fallback` where there are no two to compare.
    """
    jobs = sorted(ended, key=lambda one: one.started_at)
    loaded = _loaded(jobs)
    loads = _loads(jobs, loaded, fallback or LoadTimes())
    first = min((one.created_at for one in jobs), default=0)
    trace = [
        TraceJob(
            at_ms=one.created_at - first,
            run_ms=max(one.took_ms - (loads.of(one.needs.models) if load else 0), 0),
            models={model: loads.of(frozenset({model})) for model in sorted(one.needs.models)},
            tenant=one.tenant,
            priority=one.priority,
            partner_only=one.needs.partner_only,
        )
        for one, load in zip(jobs, loaded, strict=True)
    ]
    return sorted(trace, key=lambda job: job.at_ms)


def _loaded(jobs: Sequence[Ended]) -> list[bool]:
    before: dict[WorkerId | None, frozenset[ModelFile]] = {}
    found = []
    for one in jobs:
        models = one.needs.models
        found.append(bool(models) and before.get(one.worker) != models)
        if models:
            before[one.worker] = models
    return found


def _loads(jobs: Sequence[Ended], loaded: Sequence[bool], fallback: LoadTimes) -> LoadTimes:
    """What loading took, shared evenly by the models of a set."""
    cold: dict[frozenset[ModelFile], list[int]] = defaultdict(list)
    warm: dict[frozenset[ModelFile], list[int]] = defaultdict(list)
    for one, load in zip(jobs, loaded, strict=True):
        (cold if load else warm)[one.needs.models].append(one.took_ms)
    measured: dict[ModelFile, int] = {}
    for models in cold.keys() & warm.keys():
        longer = max(median(cold[models]) - median(warm[models]), 0)
        for model in models:
            share = round(longer / len(models))
            measured[model] = min(measured.get(model, share), share)
    return LoadTimes(measured, fallback.heavy_ms, fallback.light_ms)
