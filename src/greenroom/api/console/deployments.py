"""Deployments: how they and their instances are; make, change and delete them."""

from collections.abc import Sequence

from aiohttp import web

from greenroom.api.console import bodies
from greenroom.api.console.deployment_shapes import (
    DayView,
    DeploymentEdit,
    DeploymentList,
    DeploymentOrder,
    DeploymentView,
    InstanceView,
)
from greenroom.api.console.shapes import Changed
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.deployment import DeploymentChange
from greenroom.domain.ids import DeploymentId, JobId, WorkerId
from greenroom.domain.scaling.account import Account
from greenroom.domain.scaling.instance import Instance
from greenroom.service.deployment_views import DeploymentView as View


async def show(call: Call) -> web.StreamResponse:
    """The oldest first."""
    views = call.services.deployment_views
    running = {one.id: one.jobs for one in call.services.workers.all()}
    found = [_view(one, running) for one in await views.all(call.principal)]
    return json_response(DeploymentList(found, views.scaled))


async def make(call: Call) -> web.StreamResponse:
    """One of the newest version of a workflow. BAD_REQUEST."""
    order = await bodies.read(call, DeploymentOrder)
    wish = DeploymentChange(name=order.name, workflow_id=order.workflow_id)
    made = await call.services.deployments.create(call.principal, wish)
    return json_response(Changed([made.id]))


async def change(call: Call) -> web.StreamResponse:
    """What the body names. NOT_FOUND, BAD_REQUEST."""
    edit = await bodies.read(call, DeploymentEdit)
    wish = DeploymentChange(
        name=edit.name,
        hardware=None if edit.hardware is None else _hardware(edit.hardware),
        min_instances=edit.min_instances,
        max_instances=edit.max_instances,
        queue_size=edit.queue_size,
        keep_warm_s=edit.keep_warm_seconds,
        enabled=edit.is_enabled,
    )
    changed = await call.services.deployments.change(call.principal, _id(call), wish)
    return json_response(Changed([changed.id]))


async def delete(call: Call) -> web.StreamResponse:
    """What waits is cancelled, what runs goes on. NOT_FOUND."""
    await call.services.deployments.delete(call.principal, _id(call))
    return json_response(Changed([_id(call)]))


def _id(call: Call) -> DeploymentId:
    return DeploymentId(call.part("deployment_id"))


def _hardware(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _view(view: View, running: dict[WorkerId, tuple[JobId, ...]]) -> DeploymentView:
    one, rule, decided = view.deployment, view.deployment.rule, view.decision
    return DeploymentView(
        id=one.id,
        name=one.name,
        workflow_id=one.workflow_id,
        version=one.version,
        hardware=one.hardware,
        is_enabled=one.enabled,
        min_instances=rule.min_instances,
        max_instances=rule.max_instances,
        queue_size=rule.queue_size,
        keep_warm_seconds=rule.keep_warm_ms // 1000,
        waiting=view.waiting,
        running=view.running,
        wanted=None if decided is None else decided.desired,
        why=None if decided is None else decided.reason.value,
        instances=[_instance(each, running.get(each.id, ())) for each in view.instances],
        ended=[_instance(each, ()) for each in view.ended],
        last_day=_day(view.account),
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def _instance(one: Instance, jobs: Sequence[JobId]) -> InstanceView:
    return InstanceView(
        one.id, one.phase.value, one.since, one.started_at, one.ready_at, one.ended_at,
        one.reason, list(jobs), one.jobs,
    )  # fmt: skip


def _day(account: Account) -> DayView:
    cold = account.cold_start_ms
    return DayView(
        starts=account.starts,
        failed=account.failed,
        needless=account.needless,
        cold_start_seconds=None if cold is None else cold / 1000,
        busy_seconds=account.busy_ms / 1000,
        warm_seconds=account.warm_ms / 1000,
    )
