"""The hard filters: what keeps a worker from ever getting a job, however long that waits."""

from collections.abc import Iterable
from enum import StrEnum

from greenroom.domain.deployment import KEPT_FOR
from greenroom.domain.needs import missing_everywhere
from greenroom.domain.scheduling.fleet import Slot, WorkerView
from greenroom.domain.scheduling.situation import Situation
from greenroom.domain.scheduling.waiting import Group, Waiting


class Bar(StrEnum):
    """Why a worker may not have a job."""

    NOT_YET = "it waits before it is tried again"
    SLOT = "the worker runs partner API graphs only"
    CAPABILITIES = "the worker lacks a node class or a model"
    LABELS = "the worker belongs elsewhere"
    EXCLUDED = "the job failed on this worker"
    TENANT_LIMIT = "the tenant is paused, or runs as many jobs as it may"


def suits(group: Group, worker: WorkerView) -> bool:
    """Whether the worker can run such jobs, leaving aside what happened before."""
    return _unsuited(group, worker) is None


def is_excluded(group: Group, worker: WorkerView, fleet: Iterable[WorkerView]) -> bool:
    """Whether the job should go elsewhere. Where there is no elsewhere, any worker is good."""
    return worker.id in group.excluded and any(
        other.id not in group.excluded and suits(group, other) for other in fleet
    )


def bar(job: Waiting, worker: WorkerView, situation: Situation) -> Bar | None:
    """What keeps the worker from having the job, or None."""
    if job.ready_at > situation.now:
        return Bar.NOT_YET
    if is_excluded(job.group, worker, situation.fleet.values()):
        return Bar.EXCLUDED
    if not situation.limits.may_run(job.tenant, situation.usage.running(job.tenant)):
        return Bar.TENANT_LIMIT
    return _unsuited(job.group, worker)


def _unsuited(group: Group, worker: WorkerView) -> Bar | None:
    if worker.slot is Slot.NETWORK and not group.needs.partner_only:
        return Bar.SLOT
    if not worker.admits(group):
        return Bar.LABELS
    return None if worker.capabilities.cover(group.needs) else Bar.CAPABILITIES


def waiting_for(job: Waiting, fleet: Iterable[WorkerView]) -> str | None:
    """What must come before any worker can run the job, for people; None when one can.

    For example `model x.safetensors` or `a worker with the label zone=eu`.
    """
    workers = list(fleet)
    if any(suits(job.group, worker) for worker in workers):
        return None
    labelled = [worker for worker in workers if worker.admits(job.group)]
    if workers and not labelled:
        if any(name == KEPT_FOR for name, _ in job.labels):
            return "an instance of its deployment"
        wanted = ", ".join(sorted(f"{name}={value}" for name, value in job.labels))
        return f"a worker with the label {wanted}" if wanted else "a worker that is free for all"
    return missing_everywhere(
        job.needs,
        [
            worker.capabilities
            for worker in labelled
            if worker.slot is Slot.GPU or job.needs.partner_only
        ],
    )
