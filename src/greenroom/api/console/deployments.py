"""Deployments: how busy they are; make, change, switch and delete them."""

from collections.abc import Iterable

from aiohttp import web

from greenroom.api.console import bodies
from greenroom.api.console.deployment_shapes import (
    DeploymentInstance,
    DeploymentOrder,
    Deployments,
    DeploymentView,
)
from greenroom.api.console.shapes import Changed, Ids
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.deployment import HARDWARE, KEPT_FOR, DeploymentChange, DeploymentLoad
from greenroom.domain.ids import DeploymentId
from greenroom.domain.worker import Worker


async def show(call: Call) -> web.StreamResponse:
    """Those of the caller's tenant."""
    loads = await call.services.deployments.own_loads(call.principal)
    newest = {one.id: one.version for one in await call.services.workflows.entries(call.principal)}
    workers = call.services.workers.all()
    views = [_view(load, newest.get(load.deployment.workflow_id), workers) for load in loads]
    names = {name for one in workers if (name := one.labels.get(HARDWARE))}
    return json_response(Deployments(views, sorted(names)))


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


def _view(load: DeploymentLoad, newest: int | None, workers: Iterable[Worker]) -> DeploymentView:
    one, rule = load.deployment, load.deployment.rule
    kept = [worker for worker in workers if worker.labels.get(KEPT_FOR) == one.id]
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
        waiting=load.waiting,
        running=load.running,
        instances=[DeploymentInstance(w.id, w.status.value, len(w.jobs)) for w in kept],
        created_at=one.created_at,
        updated_at=one.updated_at,
    )
