"""Sweeps on a whole installation without HTTP, on both databases."""

import json

import pytest
from tests.fakes.scripted_engine import GRAPH, NODE_CLASSES
from tests.worker.conftest import CALLER, Installation, engine, installation

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId, new_worker_id
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobFilter
from greenroom.domain.workflow.submission import Submission
from greenroom.domain.workflow.sweep import parse_axis, sweep_jobs
from greenroom.service.acceptance import Acceptance
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.submit import Submit
from greenroom.service.sweeps import Sweeps
from greenroom.service.vault import Vault

__all__ = ["engine", "installation"]


def points(*axes, graph=GRAPH):
    return sweep_jobs([parse_axis(axis, graph) for axis in axes])


@pytest.fixture
def sweeps(installation: Installation):
    return Sweeps(
        installation.database, installation.bus, installation.submit_service, installation.jobs,
        watch=installation.watch, nodes=installation.nodes,
    )  # fmt: skip


async def test_a_sweep_is_one_job_for_each_point_under_one_id(sweeps, installation):
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1..3"))
    assert [member.label for member in swept.jobs] == ["1.color=1", "1.color=2", "1.color=3"]
    assert await sweeps.members(CALLER, swept.id) == list(swept.jobs)
    graphs = [
        json.loads((await installation.jobs.detail(CALLER, member.job_id)).payload.prompt)
        for member in swept.jobs
    ]
    assert [graph["1"]["inputs"] for graph in graphs] == [{"color": n} for n in (1, 2, 3)]
    assert [graph["2"] for graph in graphs] == [GRAPH["2"]] * 3
    batch = await sweeps.get(CALLER, swept.id)
    assert (batch.total, batch.finished, batch.percent) == (3, 0, 0)
    assert batch.counts == {JobState.QUEUED: 3}


async def test_a_batch_is_done_when_its_jobs_are(sweeps, installation, engine):
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1..2"))
    async with installation.worker(engine):
        for member in swept.jobs:
            await installation.ended(member.job_id)
    batch = await sweeps.get(CALLER, swept.id)
    assert batch.counts == {JobState.SUCCEEDED: 2}
    assert (batch.finished, batch.percent) == (2, 100)


async def test_canceling_a_batch_stops_the_rest_of_it(sweeps, installation, engine):
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1..3"))
    other = await installation.submit()
    assert await sweeps.cancel(CALLER, swept.id) == 3
    assert (await sweeps.get(CALLER, swept.id)).counts == {JobState.CANCELED: 3}
    assert (await installation.jobs.get(CALLER, other.id)).state is JobState.QUEUED
    assert await sweeps.cancel(CALLER, swept.id) == 0


async def test_one_refused_point_refuses_the_sweep(sweeps, installation):
    with pytest.raises(AppError, match=r"1\.color=red") as refused:
        await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1,red"))
    assert refused.value.code is ErrorCode.INVALID_GRAPH
    assert "1" in refused.value.details["node_errors"]
    assert (await installation.jobs.queue(CALLER)).pending == []


async def test_open_seeds_are_drawn_for_each_point_and_recorded(sweeps, installation):
    seeded = {**NODE_CLASSES["Paint"]}
    seeded["input"] = {"required": {"color": ["INT", {}], "seed": ["INT", {"min": 0}]}}
    installation.nodes.learn(new_worker_id("known"), {**NODE_CLASSES, "Seeded": seeded})
    graph = {
        "1": {"class_type": "Seeded", "inputs": {"color": 0, "seed": -1}},
        "2": {"class_type": "Keep", "inputs": {"images": ["1", 0]}},
    }
    swept = await sweeps.submit(CALLER, Submission(graph), points("1.color=1..2", graph=graph))
    for member in swept.jobs:
        stored = await installation.jobs.detail(CALLER, member.job_id)
        seed = json.loads(stored.payload.prompt)["1"]["inputs"]["seed"]
        assert member.seeds == {"1.seed": seed}
        assert 0 <= seed <= 2**53


async def test_a_batch_of_another_tenant_is_unknown(sweeps):
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1"))
    other = Principal(TenantId("other"))
    for question in (
        sweeps.get(other, swept.id),
        sweeps.members(other, swept.id),
        sweeps.cancel(other, swept.id),
    ):
        with pytest.raises(AppError, match="no batch") as refused:
            await question
        assert refused.value.code is ErrorCode.NOT_FOUND


async def test_more_jobs_than_one_transaction_takes_are_one_batch(sweeps):
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1..450"))
    batch = await sweeps.get(CALLER, swept.id)
    assert batch.total == 450
    assert [member.position for member in await sweeps.members(CALLER, swept.id)] == list(
        range(450)
    )


async def test_a_sweep_is_accepted_whole_or_not_at_all_where_few_jobs_may_wait(installation):
    acceptance = Acceptance(
        IdempotencyKeys(installation.database), Vault(b"s" * 32), queue_limit=250
    )
    submit = Submit(
        installation.database, installation.bus, installation.assets, installation.nodes, acceptance
    )
    sweeps = Sweeps(
        installation.database, installation.bus, submit, installation.jobs,
        watch=installation.watch, nodes=installation.nodes,
    )  # fmt: skip
    await installation.submit()
    for axis, code in (("1.color=1..250", ErrorCode.QUEUE_FULL),
                       ("1.color=1..251", ErrorCode.BAD_REQUEST)):  # fmt: skip
        with pytest.raises(AppError, match="at most 250") as refused:
            await sweeps.submit(CALLER, Submission(GRAPH), points(axis))
        assert refused.value.code is code
        assert len((await installation.jobs.queue(CALLER)).pending) == 1
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1..249"))
    assert len(swept.jobs) == 249


async def test_the_jobs_of_a_batch_can_be_listed(sweeps, installation):
    await installation.submit()
    swept = await sweeps.submit(CALLER, Submission(GRAPH), points("1.color=1..2"))
    page = await installation.jobs.page(CALLER, JobFilter(batch_id=swept.id))
    assert {job.id for job in page.jobs} == {member.job_id for member in swept.jobs}
    assert page.total == 2
