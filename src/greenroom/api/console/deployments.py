"""Deployments: how busy they are; make, change, switch and delete them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from greenroom.api.console import bodies
from greenroom.api.console.deployment_shapes import (
    DeploymentDay,
    DeploymentInstance,
    DeploymentOrder,
    Deployments,
    DeploymentView,
)
from greenroom.api.console.shapes import Changed, Ids
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.deployment import HARDWARE, KEPT_FOR, DeploymentChange
from greenroom.domain.ids import DeploymentId
from greenroom.domain.scaling.account import Account
from greenroom.domain.scaling.instance import Instance, Phase
from greenroom.domain.worker import ELSEWHERE, Worker, WorkerStatus
from greenroom.service.deployment_views import DeploymentView as View
from greenroom.service.services import Services


@dataclass(frozen=True, slots=True)
class Seen:
    """A worker, and where it is."""

    worker: Worker
    services: Services

    @property
    def dials_in(self) -> bool:
        return self.worker.kind == ELSEWHERE

    @property
    def where(self) -> str | None:
        if not self.dials_in:
            return self.worker.url
        elsewhere = self.services.stations.elsewhere(self.worker.id)
        return None if elsewhere is None else elsewhere.address


_PHASES = {
    WorkerStatus.UP: Phase.READY,
    WorkerStatus.PAUSED: Phase.READY,
    WorkerStatus.DRAINING: Phase.DRAINING,
}


async def show(call: Call) -> web.StreamResponse:
    """Those of the caller's tenant."""
    views = call.services.deployment_views
    newest = {one.id: one.version for one in await call.services.workflows.entries(call.principal)}
    workers = [Seen(one, call.services) for one in call.services.workers.all()]
    found = [
        _view(view, newest.get(view.deployment.workflow_id), workers)
        for view in await views.all(call.principal)
    ]
    names = {name for one in workers if (name := one.worker.labels.get(HARDWARE))}
    return json_response(Deployments(found, sorted(names), views.scaled))


async def order(call: Call) -> web.StreamResponse:
    """Make one or, with an id, change one. BAD_REQUEST names the field; NOT_FOUND, GONE."""
    wish = await bodies.read(call, DeploymentOrder)
    change = DeploymentChange(
        name=wish.name,
        workflow_id=wish.workflow_id,
        version=wish.version,
        hardware=None if wish.hardware is None else tuple(filter(None, [wish.hardware])),
        min_instances=wish.min_instances,
        max_instances=wish.max_instances,
        queue_size=wish.queue_size,
        keep_warm_s=wish.keep_warm,
        readme=wish.readme,
        enabled=wish.enabled,
    )
    deployments = call.services.deployments
    if wish.id is None:
        made = await deployments.create(call.principal, change)
    else:
        made = await deployments.change(call.principal, DeploymentId(wish.id), change)
    return json_response(Changed([made.id]))


async def delete(call: Call) -> web.StreamResponse:
    """What waits is canceled. NOT_FOUND, GONE."""
    wanted = (await bodies.read(call, Ids)).ids
    for one in wanted:
        await call.services.deployments.delete(call.principal, DeploymentId(one))
    return json_response(Changed(wanted))


def _view(view: View, newest: int | None, workers: Sequence[Seen]) -> DeploymentView:
    one, rule, decided = view.deployment, view.deployment.rule, view.decision
    return DeploymentView(
        id=one.id,
        name=one.name,
        workflow_id=one.workflow_id,
        version=one.version,
        newest_version=newest or one.version,
        hardware=one.hardware,
        min_instances=rule.min_instances,
        max_instances=rule.max_instances,
        queue_size=rule.queue_size,
        keep_warm=rule.keep_warm_ms // 1000,
        readme=one.readme,
        enabled=one.enabled,
        waiting=view.waiting,
        running=view.running,
        wanted=None if decided is None else decided.desired,
        why=None if decided is None else decided.reason.value,
        instances=[*_instances(view, workers)],
        ended=[_instance(each) for each in view.ended],
        last_day=_day(view.account),
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def _instances(view: View, workers: Sequence[Seen]) -> Iterator[DeploymentInstance]:
    """Those that scaling started, and the workers that somebody else keeps for the deployment."""
    seen = {one.worker.id: one for one in workers}
    for each in view.instances:
        yield _instance(each, seen.get(each.id))
    known = {each.id for each in view.instances}
    for other in workers:
        one = other.worker
        if one.labels.get(KEPT_FOR) == view.deployment.id and one.id not in known:
            phase = _PHASES.get(one.status, Phase.STARTING).value
            at = one.last_seen_at
            yield DeploymentInstance(
                one.id, phase, at, at, at, None, one.reason, other.dials_in, other.where,
                list(one.jobs), 0,
            )  # fmt: skip


def _instance(one: Instance, seen: Seen | None = None) -> DeploymentInstance:
    return DeploymentInstance(
        one.id, one.phase.value, one.since, one.started_at, one.ready_at, one.ended_at,
        one.reason, one.dials_in, one.url or (None if seen is None else seen.where),
        [] if seen is None else list(seen.worker.jobs), one.jobs,
    )  # fmt: skip


def _day(account: Account) -> DeploymentDay:
    cold = account.cold_start_ms
    return DeploymentDay(
        starts=account.starts,
        failed=account.failed,
        needless=account.needless,
        cold_start_seconds=None if cold is None else cold / 1000,
        busy_seconds=account.busy_ms / 1000,
        warm_seconds=account.warm_ms / 1000,
    )
