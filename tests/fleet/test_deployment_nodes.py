"""What a deployment's requests may use: the nodes of the workers that can run them."""

import json

import pytest
from tests.fleet.conftest import CALLER, WORKERS, showing
from tests.fleet.test_instances import SETTINGS, deploy, send

from greenroom.domain.deployment import DeploymentChange
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.worker import WorkerStatus
from greenroom.service.deployment_requests import RunRequest
from greenroom.service.workflow_source import Source

UP, DOWN = WorkerStatus.UP, WorkerStatus.DOWN
STEPS = showing({"class_type": "Steps", "inputs": {"steps": 1}})


@pytest.fixture
async def two(served, fake, other, session):
    """Two workers of different hardware, of which the first knows no Steps."""
    fake.lacks = {"Steps"}
    async with served(fake, label=["zone=eu"]) as running:
        body = {"url": other.url, "labels": {"hardware": "ADA_80_PLUS"}}
        await running.client.ask("POST", WORKERS, dict, json=body)
        await running.until(UP, UP)
        text = json.dumps(STEPS).encode()
        await running.services.workflows.take_in(
            CALLER, Source("steps.json", {"steps.json": text}), workflow_id="steps"
        )
        yield Two(running, session)


class Two:
    def __init__(self, running, session):
        self.running = running
        self.session = session

    async def deploy(self, *hardware):
        wish = DeploymentChange(name="Steps", workflow_id="steps", hardware=hardware)
        return await self.running.services.deployments.create(CALLER, wish)

    async def object_info(self, made, status=200):
        path = f"/prod/v2/deployments/{made.id}/object_info"
        async with self.session.get(self.running.url + path) as answer:
            assert answer.status == status
            return await answer.json()


async def test_a_deployment_knows_the_nodes_of_the_workers_that_can_run_it(two, other):
    anywhere, there = await two.deploy(), await two.deploy("ADA_80_PLUS")
    assert "Steps" in await two.object_info(anywhere)
    other.lacks = {"Emit"}
    await two.running.client.ask("POST", f"{WORKERS}/{await _id_at(two, other)}/refresh", dict)
    while "Emit" in await two.object_info(there):
        await two.running.services.workers.changed()
    assert {"Emit", "Steps"} <= (await two.object_info(anywhere)).keys()
    assert "Steps" in await two.object_info(there)


async def test_what_only_other_workers_know_is_refused(two, fake):
    first = await _id_at(two, fake)
    await two.running.services.workers.relabel(first, fake.url, {"hardware": "AMPERE_48"})
    there, here = await two.deploy("ADA_80_PLUS"), await two.deploy("AMPERE_48")
    sends = two.running.services.deployment_requests.send
    overrides = {"1": {"inputs": {"steps": 2}}}
    job = await sends(CALLER, there.id, RunRequest(overrides=overrides))
    assert (await two.running.ended(job.id)).state == "succeeded"
    for wish in (RunRequest(overrides=overrides), RunRequest(graph=STEPS)):
        with pytest.raises(AppError) as refused:
            await sends(CALLER, here.id, wish)
        assert refused.value.code is ErrorCode.INVALID_GRAPH
        assert "Steps" in str(refused.value.details)


async def test_nodes_stay_known_while_no_worker_is_up(two, other):
    there = await two.deploy("ADA_80_PLUS")
    await other.refuse()
    await two.running.until(UP, DOWN)
    assert "Steps" in await two.object_info(there)
    sends = two.running.services.deployment_requests.send
    waiting = await sends(CALLER, there.id, RunRequest())
    assert waiting.state == "queued"


async def test_that_nothing_is_known_is_said_and_requests_wait(two):
    nowhere = await two.deploy("HOPPER_141")
    told = await two.object_info(nowhere, 503)
    assert "No worker on HOPPER_141 that could run 'Steps' was ever up" in told["error_message"]
    sends = two.running.services.deployment_requests.send
    assert (await sends(CALLER, nowhere.id, RunRequest())).state == "queued"


async def test_instances_are_asked_for_the_nodes_of_their_deployment_also_when_they_ended(
    served, session
):
    async with served(**{**SETTINGS, "workers": 1}) as running:
        made = await deploy(running.services, keep_warm_s=0)
        two = Two(running, session)
        told = await two.object_info(made, 503)
        assert "No instance of 'Hello' was ever up" in told["error_message"]
        job = await send(running.services, made)
        assert (await running.ended(job.id)).state == "succeeded"
        while len(running.services.workers.all()) > 1:
            await running.services.workers.changed()
        known = await two.object_info(made)
        assert "Hold" in known
        # Of the built-in engine, which runs no jobs of deployments here.
        assert "ImageScale" in running.services.nodes.definitions()
        assert "ImageScale" not in known


async def _id_at(two, fake):
    return next(one["id"] for one in await two.running.workers() if one["url"] == fake.url)
