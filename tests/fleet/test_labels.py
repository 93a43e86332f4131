"""Labels of workers: given at the start or with `workers add`, and heeded by deployments."""

import json

import pytest
from tests.fleet.conftest import CALLER, WORKERS, showing

from greenroom.domain.deployment import DeploymentChange
from greenroom.domain.errors import AppError
from greenroom.domain.worker import WorkerStatus, parse_labels
from greenroom.service.deployment_requests import RunRequest
from greenroom.service.workflow_source import Source

UP = WorkerStatus.UP
HELLO = showing({"class_type": "PrimitiveString", "inputs": {"value": "hello"}})


async def test_a_deployment_runs_only_where_the_hardware_is(served, fake, other):
    async with served(fake, label=["zone=eu"]) as running:
        await running.until(UP)
        body = {"url": other.url, "labels": {"hardware": "AMPERE_48"}}
        added = await running.client.ask("POST", WORKERS, dict, json=body)
        assert added["labels"] == {"zone": "eu", "hardware": "AMPERE_48"}
        await running.until(UP, UP)
        await running.order(added["id"], "pause")

        source = Source("hello.json", {"hello.json": json.dumps(HELLO).encode()})
        await running.services.workflows.take_in(CALLER, source, workflow_id="hello")
        wish = DeploymentChange(name="Hello", workflow_id="hello", hardware=("AMPERE_48",))
        deployment = await running.services.deployments.create(CALLER, wish)
        requests = running.services.deployment_requests
        job = await requests.send(CALLER, deployment.id, RunRequest())
        # The other worker has had its turn when a later job has ended.
        await running.ended(await running.submit(HELLO))
        waiting = await running.job(job.id)
        assert waiting.worker is None
        outlook = await running.services.scheduler.outlook(waiting)
        assert outlook.waiting_for == "a worker with the label hardware=AMPERE_48"
        await running.order(added["id"], "resume")
        assert (await running.ended(job.id)).worker == added["id"]

    async with served(fake) as again:
        workers = {worker.id: dict(worker.labels) for worker in await again.until(UP, UP)}
        assert workers[added["id"]] == {"hardware": "AMPERE_48"}


async def test_requests_follow_when_the_hardware_of_their_deployment_changes(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        source = Source("hello.json", {"hello.json": json.dumps(HELLO).encode()})
        await running.services.workflows.take_in(CALLER, source, workflow_id="hello")
        deployments = running.services.deployments
        wish = DeploymentChange(name="Hello", workflow_id="hello", hardware=("HOPPER_141",))
        deployment = await deployments.create(CALLER, wish)
        requests = running.services.deployment_requests
        job = await requests.send(CALLER, deployment.id, RunRequest())
        await running.ended(await running.submit(HELLO))
        assert (await running.job(job.id)).worker is None
        await deployments.change(CALLER, deployment.id, DeploymentChange(hardware=()))
        assert (await running.ended(job.id)).worker is not None


@pytest.mark.parametrize("text", ["hardware", "=x", "a b=c", "hardware=", "a=b=c"])
def test_what_is_no_label_is_named(text):
    with pytest.raises(AppError, match="NAME=VALUE"):
        parse_labels([text])
