"""Instances of deployments that are processes of this machine, started by a whole server."""

import asyncio
import json
import sys

import psutil
import pytest
from tests.cli.processes import served as process
from tests.fleet.conftest import CALLER, showing

from greenroom import provider_choice
from greenroom.cli.client import Client
from greenroom.domain.deployment import DeploymentChange
from greenroom.domain.job import JobState
from greenroom.domain.worker import WorkerStatus
from greenroom.engine.comfyui.owned.process import ProcessTiming
from greenroom.service.deployment_requests import RunRequest
from greenroom.service.workflow_source import Source

START = f"{sys.executable} -m tests.fakes.comfyui_server --port {{port}}"
HELLO = showing({"class_type": "PrimitiveString", "inputs": {"value": "hello"}})
LIBRARY = "/api/console/library?name=hello.json"
SETTINGS = {"provider": "process", "provider_start": START, "provider_limit": 2, "workers": 0}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    timing = ProcessTiming(look=0.05, end_grace=2.0, first_pause=5.0)
    monkeypatch.setattr(provider_choice, "TIMING", timing)


async def deploy(services, graph=HELLO, **fields):
    text = json.dumps(graph).encode()
    await services.workflows.take_in(
        CALLER, Source("hello.json", {"hello.json": text}), workflow_id="hello"
    )
    wish = DeploymentChange(name="Hello", workflow_id="hello", max_instances=2, **fields)
    return await services.deployments.create(CALLER, wish)


async def test_jobs_of_a_deployment_run_on_instances_of_its_own(tmp_path, served):
    async with served(**{**SETTINGS, "workers": 1}) as running:
        made = await deploy(running.services, keep_warm_s=0, queue_size=0)
        jobs = [await send(running.services, made) for _ in range(3)]
        ended = [await running.ended(job.id) for job in jobs]
        assert {job.state for job in ended} == {JobState.SUCCEEDED}
        assert all(job.worker.startswith("instance-") for job in ended)
        started = processes_in(tmp_path / "data")
        while len(running.services.workers.all()) > 1:
            await running.services.workers.changed()
        assert not await asyncio.to_thread(_alive, started)


async def test_other_jobs_do_not_take_an_instance(served):
    async with served(**SETTINGS) as running:
        await deploy(running.services, min_instances=1)
        await running.until(WorkerStatus.UP)
        job = await running.submit(HELLO)
        waits = (await running.services.scheduler.outlook(await running.job(job))).waiting_for
        assert waits == "a worker that is free for all"


async def test_an_instance_outlives_a_kill_of_the_server_and_ends_with_it(tmp_path):
    folder = tmp_path / "data"
    options = [
        "--provider", "process", "--provider-start", START, "--provider-limit", "1",
        "--workers", "0",
    ]  # fmt: skip
    with process(folder, *options) as server:
        async with Client(server.url) as client:
            saved = await client.ask("POST", LIBRARY, dict, data=json.dumps(HELLO))
            wish = {"name": "Hello", "workflow_id": saved["ids"][0], "min_instances": 1}
            await client.ask("POST", "/prod/v2/deployments", dict, json=wish)
            await client.until_workers_are_up()
            (before,) = processes_in(folder)
            await asyncio.to_thread(server.kill)
    with process(folder, *options) as server:
        async with Client(server.url) as client:
            await client.until_workers_are_up()
        assert processes_in(folder) == [before]
        assert await asyncio.to_thread(server.stop) == 0
    assert not await asyncio.to_thread(_alive, [before])


async def send(services, deployment):
    while not services.nodes.definitions():
        await services.workers.changed()
    return await services.deployment_requests.send(CALLER, deployment.id, RunRequest())


def processes_in(folder):
    kept = [json.loads(path.read_text()) for path in (folder / "instances").glob("*.json")]
    return [psutil.Process(one["pid"]) for one in kept]


def _alive(processes):
    """Those that go on; nobody may be there to collect the others."""
    _, left = psutil.wait_procs(processes, timeout=30)
    return [one for one in left if one.status() != psutil.STATUS_ZOMBIE]
