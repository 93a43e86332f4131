"""Instances of deployments: those that are there, and what became of the others."""

from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, cast, delete, func, select

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeploymentId, TenantId, WorkerId
from greenroom.domain.job import LEASED_STATES
from greenroom.domain.scaling.instance import Instance, Phase
from greenroom.store.columns import words
from greenroom.store.dialect import insert, of
from greenroom.store.tables import deployment_nodes, deployments, instances, jobs, usage
from greenroom.store.usage import forget_instances

_COLUMN = {"deployment": "deployment_id"}
_FIELDS = [field.name for field in fields(Instance)]
_USED = ("jobs", "busy_ms")


def save(tx: Connection, instance: Instance) -> None:
    """Keep it as it is now."""
    new = insert(of(tx), instances)
    values = {_COLUMN.get(name, name): value for name, value in asdict(instance).items()}
    tx.execute(
        new.on_conflict_do_update(
            index_elements=["id"], set_={name: new.excluded[name] for name in values}
        ),
        values,
    )


def end(tx: Connection, instance: Instance, now: Millis) -> None:
    """It is gone: note so, and what it was good for."""
    sums = [cast(func.coalesce(func.sum(usage.c[name]), 0), BigInteger()) for name in _USED]
    used = tx.execute(
        select(*sums).where(usage.c.tenant == instance.tenant, usage.c.worker == instance.id)
    ).one()
    save(tx, replace(instance, ended_at=now, jobs=used[0], busy_ms=used[1]))


def there(tx: Connection) -> list[Instance]:
    """Those of every tenant and server that have not ended, the oldest first."""
    query = select(instances).where(instances.c.ended_at.is_(None))
    return [_instance(row) for row in tx.execute(query.order_by(instances.c.started_at))]


def latest(tx: Connection, deployment: DeploymentId, limit: int) -> list[Instance]:
    """The latest of one deployment, ended or not, the newest first."""
    query = (
        select(instances)
        .where(instances.c.deployment_id == deployment)
        .order_by(instances.c.started_at.desc(), instances.c.id)
        .limit(limit)
    )
    return [_instance(row) for row in tx.execute(query)]


def since(tx: Connection, tenant: TenantId, start: Millis) -> list[Instance]:
    """The tenant's that were there at any time since then, the oldest first."""
    lived = instances.c.ended_at.is_(None) | (instances.c.ended_at >= start)
    query = select(instances).where(instances.c.tenant == tenant, lived)
    return [_instance(row) for row in tx.execute(query.order_by(instances.c.started_at))]


def get(tx: Connection, deployment: DeploymentId, instance: WorkerId) -> Instance | None:
    """One of the deployment's, ended or not."""
    query = select(instances).where(
        instances.c.deployment_id == deployment, instances.c.id == instance
    )
    row = tx.execute(query).first()
    return None if row is None else _instance(row)


def find(tx: Connection, instance: WorkerId) -> Instance | None:
    """One of any deployment, ended or not."""
    row = tx.execute(select(instances).where(instances.c.id == instance)).first()
    return None if row is None else _instance(row)


def trim(tx: Connection, before: Millis) -> int:
    """Forget those that ended before then, and the nodes of deleted deployments; says how many.

    What was used of them is kept, for their deployment as a whole.
    """
    forget_instances(tx, before)
    gone = select(deployments.c.id).where(deployments.c.deleted_at.is_not(None))
    tx.execute(delete(deployment_nodes).where(deployment_nodes.c.deployment_id.in_(gone)))
    return tx.execute(delete(instances).where(instances.c.ended_at < before)).rowcount


def busy(tx: Connection) -> frozenset[WorkerId]:
    """The workers that hold a job."""
    query = select(jobs.c.worker).where(jobs.c.state.in_(words(LEASED_STATES)))
    return frozenset(WorkerId(worker) for worker in tx.execute(query).scalars() if worker)


def save_nodes(tx: Connection, tenant: TenantId, deployment: DeploymentId, nodes: bytes) -> None:
    """Keep what an instance of the deployment answers to /object_info, as the caller encodes it."""
    new = insert(of(tx), deployment_nodes)
    tx.execute(
        new.on_conflict_do_update(
            index_elements=["deployment_id"], set_={"definitions": new.excluded.definitions}
        ),
        {"deployment_id": deployment, "tenant": tenant, "definitions": nodes},
    )


def nodes(tx: Connection, deployment: DeploymentId) -> bytes | None:
    """What save_nodes kept of one."""
    query = select(deployment_nodes.c.definitions).where(
        deployment_nodes.c.deployment_id == deployment
    )
    found: bytes | None = tx.execute(query).scalar()
    return found


def last_ready(tx: Connection, since: Millis) -> dict[DeploymentId, Millis]:
    """When an instance of each deployment was ready first, of those that are there or ended since.

    The newest time of each: its nodes may be others from then on.
    """
    lived = instances.c.ended_at.is_(None) | (instances.c.ended_at >= since)
    query = select(instances.c.deployment_id, func.max(instances.c.ready_at))
    rows = tx.execute(query.where(lived).group_by(instances.c.deployment_id))
    return {DeploymentId(one): Millis(at) for one, at in rows if at is not None}


def all_nodes(tx: Connection) -> dict[DeploymentId, bytes]:
    """What save_nodes kept of each deployment."""
    query = select(deployment_nodes.c.deployment_id, deployment_nodes.c.definitions)
    return {DeploymentId(deployment): nodes for deployment, nodes in tx.execute(query)}


def _instance(row: Row[Any]) -> Instance:
    values = {name: getattr(row, _COLUMN.get(name, name)) for name in _FIELDS}
    return Instance(**{**values, "phase": Phase(values["phase"])})
