"""How many jobs of a tenant run at once, on all servers of one database together."""

import asyncio
import json

import pytest
from tests.factories import job_in
from tests.fakes.scripted_engine import GRAPH, NODE_CLASSES, ScriptedEngine
from tests.service.test_scheduler import stage, up, worker_of
from tests.worker.conftest import CALLER

from greenroom.domain.ids import DEFAULT_TENANT, TenantId, WorkerId
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.running_limits import RunningLimits
from greenroom.service.scheduler import Scheduler
from greenroom.store import job_counts, transitions

__all__ = ["stage"]

SCHOOL = TenantId("school")


@pytest.fixture
async def limits(database):
    made = RunningLimits(database, shared=True)
    await made.put(CALLER, 3)
    return made


async def claim(database, limits, job, worker="theirs"):
    now = database.clock.now()

    def write(tx):
        these = limits.admitted(tx, [job.id])
        return transitions.claim(tx, WorkerId(worker), 1, 30_000, now, these) if these else []

    return await database.write(write)


async def test_servers_that_claim_at_once_stay_within_the_limit_together(database, limits):
    jobs = [await job_in(database) for _ in range(8)]
    others = [await job_in(database, tenant=SCHOOL) for _ in range(4)]
    servers = [RunningLimits(database, shared=True) for _ in range(4)]
    for server in servers:
        await server.refresh()
    everything = enumerate([*jobs, *others])
    await asyncio.gather(*(claim(database, servers[n % 4], job) for n, job in everything))
    running = {JobState.RUNNING}
    assert await database.read(lambda tx: job_counts.in_states(tx, DEFAULT_TENANT, running)) == 3
    assert await database.read(lambda tx: job_counts.in_states(tx, SCHOOL, running)) == 4


async def school_job(stage):
    submission, text = parse_submission({"prompt": GRAPH}), json.dumps(GRAPH).encode()
    return (await stage.submit_service.submit(Principal(SCHOOL), submission, text)).job


async def test_a_tenant_that_is_full_elsewhere_keeps_nobody_waiting_and_goes_on_later(
    stage, tmp_path
):
    stage.limits = limits = RunningLimits(stage.database, shared=True)
    await limits.put(Principal(SCHOOL), 1)
    stage.scheduler = scheduler = Scheduler(
        stage.database, stage.bus, stage.workers, stage.nodes, limits=limits.limits
    )
    stage.queue = Queue(
        stage.database, stage.bus, stage.watch, Policy(), scheduler=scheduler, limits=limits
    )
    stage.nodes.recall(WorkerId("elsewhere"), NODE_CLASSES)
    theirs, waiting = [await school_job(stage) for _ in range(2)]
    ((running, *_),) = [await claim(stage.database, limits, theirs)]
    async with up(stage, ScriptedEngine(tmp_path)) as worker:
        ours = await stage.submit()
        assert await worker_of(stage, ours) == worker.id
        held = await stage.jobs.get(Principal(SCHOOL), waiting.id)
        assert held.state is JobState.QUEUED
        assert not limits.limits.may_run(SCHOOL, 0)
        await limits.look_again()
        assert not limits.limits.may_run(SCHOOL, 0)
        await stage.database.write(
            lambda tx: transitions.move(
                tx, theirs.id, JobEvent.SUCCEED, stage.database.clock.now(),
                token=running.lease.token,
            )
        )  # fmt: skip
        await limits.look_again()
        with stage.watch.follow(Principal(SCHOOL), waiting.id) as events:
            async for event in events:
                if event.job.worker is not None:
                    assert event.job.worker == worker.id
                    break
