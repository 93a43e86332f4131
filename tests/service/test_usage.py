"""What is counted of ended attempts, on both databases."""

from tests.factories import WORKER, claim_job, insert_job
from tests.fakes.clock import NOON, FakeClock

from greenroom.bus.local import LocalBus
from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeploymentId, KeyId, TenantId
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.scaling.instance import Instance, Phase, new_instance_id
from greenroom.domain.usage import DAY_MS, HOUR_MS, OF_DEPLOYMENT, UsageBy
from greenroom.service.node_info import NodeInfo
from greenroom.service.scheduler import Scheduler
from greenroom.service.usage import Usage
from greenroom.service.workers import Workers
from greenroom.store import instances, transitions
from greenroom.store import jobs as job_rows

CALLER = Principal()
TODAY = NOON // DAY_MS
"""Eight hours of it are over."""


async def run(database, *, at, seconds, event=JobEvent.SUCCEED, **given):
    """A job whose only attempt took so long and ended like that."""

    def write(tx):
        started = Millis(at - seconds * 1000)
        job = insert_job(tx, started, **given)
        lease = claim_job(tx, job, started).lease
        return transitions.move(tx, job.id, event, Millis(at), token=lease.token).job

    return await database.write(write)


async def report(database, by=UsageBy.WORKFLOW, **choices):
    return await Usage(database).report(CALLER, by, **choices)


def numbers(rows):
    return {row.name: (row.jobs, row.succeeded, row.attempts, row.gpu_seconds) for row in rows}


async def test_time_is_added_up_by_workflow_worker_key_and_tenant(database):
    portrait, key = "portrait", KeyId("gr_12345678")
    await run(database, at=NOON, seconds=10, workflow_id=portrait, key_id=key)
    await run(database, at=NOON, seconds=20, workflow_id=portrait)
    await run(database, at=NOON, seconds=40, event=JobEvent.FAIL)
    by = {by: numbers((await report(database, by)).names) for by in UsageBy}
    assert by[UsageBy.WORKFLOW] == {portrait: (2, 2, 2, 30.0), "": (1, 0, 1, 40.0)}
    assert by[UsageBy.KEY] == {key: (1, 1, 1, 10.0), "": (2, 1, 2, 60.0)}
    assert by[UsageBy.WORKER] == {"cpu-000001": (3, 2, 3, 70.0)}
    assert by[UsageBy.TENANT] == {"default": (3, 2, 3, 70.0)}
    assert (await report(database)).total.gpu_seconds == 70.0


async def test_an_attempt_that_is_tried_again_counts_its_time_but_no_job(database):
    job = await run(database, at=NOON, seconds=5, event=JobEvent.RETRY)
    assert job.state is JobState.QUEUED
    assert numbers((await report(database)).names) == {"": (0, 0, 1, 5.0)}
    await database.write(lambda tx: transitions.move(tx, job.id, JobEvent.CANCEL, NOON))
    assert numbers((await report(database)).names) == {"": (0, 0, 1, 5.0)}


async def test_days_are_those_of_the_callers_clock(database):
    for hours in (0, 7, 9):
        await run(database, at=NOON - hours * HOUR_MS, seconds=1)
    in_utc = (await report(database)).days
    assert [(row.day, row.jobs) for row in in_utc] == [(TODAY - 1, 1), (TODAY, 2)]
    eastern = (await report(database, utc_offset_minutes=-120)).days
    assert [(row.day, row.jobs) for row in eastern] == [(TODAY - 1, 2), (TODAY, 1)]
    assert (await report(database, days=1)).total.jobs == 2


async def test_use_outlives_its_jobs(database):
    job = await run(database, at=NOON, seconds=3)
    await database.write(lambda tx: job_rows.delete(tx, job.tenant, [job.id]))
    assert (await report(database)).total.gpu_seconds == 3.0


async def test_nobody_sees_what_another_tenant_used(database):
    await run(database, at=NOON, seconds=3, tenant=TenantId("other"))
    assert (await report(database)).total.jobs == 0


async def test_fair_share_remembers_over_a_restart_who_used_how_much(database, clock: FakeClock):
    await run(database, at=NOON, seconds=60, tenant=TenantId("busy"))
    clock.advance(1000)
    nodes = NodeInfo()
    scheduler = Scheduler(database, LocalBus(), Workers(database, nodes), nodes)
    await scheduler.remember()
    assert scheduler.used_ms(TenantId("busy")) > 50_000
    assert scheduler.used_ms(TenantId("idle")) == 0


async def used_by(database, worker, seconds):
    """A job that one of a deployment's instances ran."""

    def write(tx):
        started = Millis(NOON - seconds * 1000)
        job = insert_job(tx, started)
        (claimed,) = transitions.claim(tx, worker, 1, 10**9, started, only=[job.id])
        transitions.move(tx, job.id, JobEvent.SUCCEED, NOON, token=claimed.lease.token)

    await database.write(write)


async def test_instances_are_added_up_under_their_deployment_also_when_they_are_forgotten(database):
    made = [new_instance_id() for _ in range(3)]
    names = [DeploymentId("one"), DeploymentId("one"), DeploymentId("two")]
    for instance, deployment in zip(made, names, strict=True):
        there = Instance(instance, CALLER.tenant, deployment, "home", Phase.READY, NOON, NOON)
        await database.write(lambda tx, one=there: instances.save(tx, one))
        await used_by(database, instance, 10)
    await used_by(database, WORKER, 5)
    together = {
        "cpu-000001": (1, 1, 1, 5.0),
        f"{OF_DEPLOYMENT}one": (2, 2, 2, 20.0),
        f"{OF_DEPLOYMENT}two": (1, 1, 1, 10.0),
    }
    assert numbers((await report(database, UsageBy.WORKER)).names) == together
    for one in await database.read(instances.there):
        await database.write(lambda tx, one=one: instances.end(tx, one, NOON))
    for _twice in range(2):
        await database.write(lambda tx: instances.trim(tx, NOON + 1))
        assert numbers((await report(database, UsageBy.WORKER)).names) == together
    assert numbers((await report(database, UsageBy.TENANT)).names) == {"default": (4, 4, 4, 35.0)}
