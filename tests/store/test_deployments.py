"""Deployments on both databases, and how many jobs each has."""

from dataclasses import replace

from tests.factories import job_in

from greenroom.domain.clock import Millis
from greenroom.domain.deployment import Deployment
from greenroom.domain.ids import DEFAULT_TENANT, DeploymentId, TenantId
from greenroom.domain.job import JobState
from greenroom.domain.scaling.rule import Rule
from greenroom.store import deployments

ONE, OTHER = DeploymentId("one"), DeploymentId("other")


def deployment(deployment_id=ONE, **given):
    made = Deployment(
        deployment_id, DEFAULT_TENANT, "Portraits", "portraits", 2, Millis(1), Millis(2)
    )
    return replace(made, **given)


async def test_a_deployment_is_kept_as_it_is_and_seen_by_its_tenant_alone(database):
    kept = deployment(hardware="AMPERE_48", readme="# R", enabled=False, rule=Rule(1, 4, 7, 90_000))
    await database.write(lambda tx: deployments.add(tx, kept))
    assert await database.read(lambda tx: deployments.get(tx, DEFAULT_TENANT, ONE)) == kept
    assert await database.read(lambda tx: deployments.get(tx, TenantId("b"), ONE)) is None
    changed = replace(kept, enabled=True, deleted_at=Millis(3))
    await database.write(lambda tx: deployments.replace(tx, changed))
    assert await database.read(lambda tx: deployments.get(tx, DEFAULT_TENANT, ONE)) == changed
    assert await database.read(lambda tx: deployments.of_tenant(tx, DEFAULT_TENANT)) == []


async def test_waiting_and_running_jobs_are_counted_by_deployment(database):
    await database.write(lambda tx: deployments.add(tx, deployment()))
    await database.write(lambda tx: deployments.add(tx, deployment(OTHER, deleted_at=Millis(3))))
    waiting = await job_in(database, deployment_id=ONE)
    for state in (JobState.RUNNING, JobState.CANCELING, JobState.SUCCEEDED):
        await job_in(database, state, deployment_id=ONE)
    await job_in(database)
    (gone,) = await database.read(deployments.loads)
    assert (gone.deployment.id, gone.waiting, gone.running) == (ONE, 1, 2)
    assert await database.read(lambda tx: deployments.waiting_ids(tx, ONE)) == [waiting.id]
    await job_in(database, JobState.RUNNING, deployment_id=OTHER)
    assert len(await database.read(deployments.loads)) == 2
