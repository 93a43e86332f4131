"""Deployments, and how many jobs each has."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, insert, select, update
from sqlalchemy.engine import Row

from greenroom.domain.clock import Millis
from greenroom.domain.deployment import Deployment, DeploymentLoad
from greenroom.domain.ids import DeploymentId, JobId, TenantId
from greenroom.domain.job import JobState
from greenroom.domain.scaling.rule import Rule
from greenroom.store.columns import word
from greenroom.store.tables import deployments, jobs
from greenroom.store.tables.job_tables import ACTIVE_OF_DEPLOYMENT

_THERE = deployments.c.deleted_at.is_(None)


def add(tx: Connection, new: Deployment) -> None:
    tx.execute(insert(deployments).values(_values(new)))


def replace(tx: Connection, changed: Deployment) -> None:
    tx.execute(update(deployments).where(deployments.c.id == changed.id).values(_values(changed)))


def get(
    tx: Connection, tenant: TenantId, deployment_id: DeploymentId, *, to_change: bool = False
) -> Deployment | None:
    """Deleted ones too. One that is read to be changed is nobody else's until the commit."""
    query = select(deployments).where(
        deployments.c.id == deployment_id, deployments.c.tenant == tenant
    )
    row = tx.execute(query.with_for_update() if to_change else query).first()
    return None if row is None else _deployment(row)


def of_tenant(tx: Connection, tenant: TenantId) -> list[Deployment]:
    """Those that are there, the oldest first."""
    query = select(deployments).where(deployments.c.tenant == tenant, _THERE)
    ordered = query.order_by(deployments.c.created_at, deployments.c.id)
    return [_deployment(row) for row in tx.execute(ordered)]


def of_workflow(tx: Connection, tenant: TenantId, workflow_id: str) -> list[str]:
    """The names of the deployments that run it."""
    query = select(deployments.c.name).where(
        deployments.c.tenant == tenant, deployments.c.workflow_id == workflow_id, _THERE
    )
    return [name for (name,) in tx.execute(query.order_by(deployments.c.name))]


class Stamp(NamedTuple):
    """What tells that a deployment was changed."""

    updated_at: Millis
    hardware: str | None


def stamps(tx: Connection) -> dict[DeploymentId, Stamp]:
    """Of every tenant's, with those that were deleted."""
    query = select(deployments.c.id, deployments.c.updated_at, deployments.c.hardware)
    return {
        DeploymentId(deployment_id): Stamp(Millis(updated_at), hardware)
        for deployment_id, updated_at, hardware in tx.execute(query)
    }


def loads(tx: Connection) -> list[DeploymentLoad]:
    """Every deployment of every tenant that is there or still has jobs, the oldest first."""
    state = jobs.c.state
    counted = (
        select(jobs.c.deployment_id, state, func.count())
        .where(ACTIVE_OF_DEPLOYMENT)
        .group_by(jobs.c.deployment_id, state)
    )
    waiting: dict[str, int] = {}
    running: dict[str, int] = {}
    for deployment_id, found, count in tx.execute(counted):
        side = waiting if found == JobState.QUEUED.value else running
        side[deployment_id] = side.get(deployment_id, 0) + count
    busy = deployments.c.id.in_([*waiting, *running])
    query = select(deployments).where(_THERE | busy)
    ordered = query.order_by(deployments.c.created_at, deployments.c.id)
    return [
        DeploymentLoad(_deployment(row), waiting.get(row.id, 0), running.get(row.id, 0))
        for row in tx.execute(ordered)
    ]


def waiting_ids(tx: Connection, deployment_id: DeploymentId) -> list[JobId]:
    """The jobs of the deployment that wait."""
    query = select(jobs.c.id).where(
        and_(jobs.c.deployment_id == deployment_id, jobs.c.state == word(JobState.QUEUED)),
        ACTIVE_OF_DEPLOYMENT,
    )
    return [JobId(job_id) for (job_id,) in tx.execute(query)]


def _values(deployment: Deployment) -> dict[str, Any]:
    rule = deployment.rule
    return {
        "id": deployment.id,
        "tenant": deployment.tenant,
        "name": deployment.name,
        "workflow_id": deployment.workflow_id,
        "version": deployment.version,
        "hardware": deployment.hardware,
        "readme": deployment.readme,
        "enabled": int(deployment.enabled),
        "min_instances": rule.min_instances,
        "max_instances": rule.max_instances,
        "queue_size": rule.queue_size,
        "keep_warm_ms": rule.keep_warm_ms,
        "created_at": deployment.created_at,
        "updated_at": deployment.updated_at,
        "deleted_at": deployment.deleted_at,
    }


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(
        id=DeploymentId(row.id),
        tenant=TenantId(row.tenant),
        name=row.name,
        workflow_id=row.workflow_id,
        version=row.version,
        hardware=row.hardware,
        readme=row.readme,
        enabled=bool(row.enabled),
        rule=Rule(row.min_instances, row.max_instances, row.queue_size, row.keep_warm_ms),
        created_at=Millis(row.created_at),
        updated_at=Millis(row.updated_at),
        deleted_at=None if row.deleted_at is None else Millis(row.deleted_at),
    )
