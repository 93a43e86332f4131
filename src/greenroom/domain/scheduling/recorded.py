"""Jobs that ended on a server, as a trace."""

from collections.abc import Iterable
from dataclasses import dataclass

from greenroom.domain.job import Job, JobState
from greenroom.domain.needs import NO_NEEDS, Needs
from greenroom.domain.scheduling.fleet import LoadTimes
from greenroom.domain.scheduling.trace import TraceJob
from greenroom.domain.scheduling.waiting import Priority


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ended, with what its slim row does not say."""

    job: Job
    needs: Needs = NO_NEEDS
    priority: Priority = Priority.INTERACTIVE
    loaded: bool = False
    """Whether it had to load its models, so that its run time includes that."""


def as_trace(ended: Iterable[Ended], loads: LoadTimes) -> list[TraceJob]:
    """The jobs that ran to a good end, from the first that was accepted. Names nobody but tenants.

    What loading took is told apart from the run where a job loaded its models.
    """
    ran = [
        one
        for one in ended
        if one.job.state is JobState.SUCCEEDED
        and one.job.started_at is not None
        and one.job.finished_at is not None
    ]
    first = min((one.job.created_at for one in ran), default=0)
    jobs = [_trace_job(one, one.job.created_at - first, loads) for one in ran]
    return sorted(jobs, key=lambda job: job.at_ms)


def _trace_job(ended: Ended, at_ms: int, loads: LoadTimes) -> TraceJob:
    job, needs = ended.job, ended.needs
    took = (job.finished_at or 0) - (job.started_at or 0)
    loading = loads.of(needs.models) if ended.loaded else 0
    return TraceJob(
        at_ms=at_ms,
        run_ms=max(took - loading, 0),
        models={model: loads.of(frozenset({model})) for model in sorted(needs.models)},
        tenant=job.tenant,
        priority=ended.priority,
        partner_only=needs.partner_only,
    )
