"""Instances of deployments whose own workers connect to the server that had them started."""

import asyncio
import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from tests.cli.processes import greenroom
from tests.fakes import cloud
from tests.fleet.conftest import CALLER
from tests.fleet.test_instances import HELLO, deploy, send
from tests.missing import missing
from tests.outpost.conftest import until
from tests.outpost.test_standing import ending

from greenroom.cli.exit_code import ExitCode
from greenroom.domain.api_key import KeyRole
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import JobState
from greenroom.domain.worker import WorkerStatus
from greenroom.engine.comfyui.owned.launch import free_port
from greenroom.engine.remote import messages

NODES = {"PrimitiveString", "PreviewAny"}
EXAMPLE = Path(__file__).parents[2] / "examples/dial-in"
NOTE = """
import json, os, pathlib, sys
told = {name: text for name, text in os.environ.items() if name.startswith("GREENROOM_")}
path = pathlib.Path(sys.argv[1]) / told["GREENROOM_INSTANCE"]
path.with_suffix("." + sys.argv[2]).write_text(json.dumps(told))
print(json.dumps({"handle": "vm of " + told["GREENROOM_INSTANCE"], **json.loads(sys.argv[3])}))
"""


class Hooks:
    """Commands that note what they are told, and start nothing."""

    def __init__(self, folder):
        self.folder = folder

    def settings(self, answer="{}", **more):
        return {
            "engine": "cpu", "workers": 0, "provider": "command",
            "provider_start": self._command("start", answer),
            "provider_stop": self._command("stop", "{}"),
            **more,
        }  # fmt: skip

    def _command(self, name, answer):
        return shlex.join([sys.executable, "-c", NOTE, str(self.folder), name, answer])

    def told(self, instance, name="start"):
        return json.loads((self.folder / f"{instance}.{name}").read_text())

    def count(self, name):
        return len([*self.folder.glob(f"*.{name}")])


@pytest.fixture
def hooks(tmp_path):
    folder = tmp_path / "hooks"
    folder.mkdir()
    return Hooks(folder)


async def expected(running):
    """The id of the one instance, once its start command has ended."""
    workers = running.services.workers
    while not (found := workers.all()):
        await workers.changed()
    return found[0].id


async def none_left(running):
    while running.services.workers.all():
        await running.services.workers.changed()
    while tasks := running.services.scaling._instances._tasks:
        await asyncio.gather(*tasks.values())


async def ended_ones(running):
    (view,) = await running.services.deployment_views.all(CALLER)
    return view.ended


async def test_a_machine_that_connects_as_an_instance_runs_its_deployments_jobs_and_ends(
    served, elsewhere, fake, hooks, session
):
    async with served(**hooks.settings()) as running:
        made = await deploy(running.services, hardware=("AMPERE_48",), keep_warm_s=5)
        instance = await expected(running)
        told = hooks.told(instance)
        assert (told["GREENROOM_SERVER"], told["GREENROOM_INSTANCE"]) == (running.url, instance)
        (shown,) = (await running.client.ask("GET", "/api/console/deployments", dict))[
            "deployments"
        ]
        (card,) = shown["instances"]
        assert (card["phase"], card["dials_in"], card["where"]) == ("starting", True, None)
        async with elsewhere(running.url, fake, instance, told["GREENROOM_TOKEN"]) as worker:
            await until(running, instance)
            (seen,) = await running.workers()
            assert (seen["remote"], seen["address"], seen["added"]) == (True, "127.0.0.1", False)
            labels = {"deployment": made.id, "hardware": "AMPERE_48", "room": "cellar"}
            assert seen["labels"] == labels
            job = await send(running.services, made)
            done = await running.ended(job.id)
            assert (done.state, done.worker) == (JobState.SUCCEEDED, instance)
            other = await running.submit(HELLO)
            proxied = f"{running.url}/prod/v2/deployments/{made.id}/instances/{instance}/proxy"
            async with session.get(f"{proxied}/object_info") as answer:
                assert set(await answer.json()) >= NODES
            gone = await ending(worker)
            assert gone.code is ErrorCode.GONE
        await none_left(running)
        assert hooks.told(instance, "stop")["GREENROOM_HANDLE"] == f"vm of {instance}"
        assert (await running.job(other)).state is JobState.QUEUED
        (ended,) = await ended_ones(running)
        assert (ended.jobs, ended.start_ms is not None) == (1, True)
        async with elsewhere(running.url, fake, instance, told["GREENROOM_TOKEN"]) as late:
            refused = await ending(late)
            assert (refused.code, "has ended" in refused.message) == (ErrorCode.GONE, True)


async def test_nobody_comes_under_the_id_of_an_instance_that_is_not_theirs(
    served, elsewhere, fake, hooks
):
    async with served(**hooks.settings()) as running:
        services = running.services
        keys, tokens = services.keys, services.stations._tokens
        key = (await keys.create(CALLER, "box", KeyRole.WORKER)).secret
        await deploy(services, min_instances=1)
        instance = await expected(running)
        own = hooks.told(instance)["GREENROOM_TOKEN"]
        foreign = tokens.of("instance-ffffff")
        for name, token, code in [
            (instance, foreign, ErrorCode.FORBIDDEN),
            (instance, own[:-1] + "x", ErrorCode.UNAUTHORIZED),
            (instance, None, ErrorCode.UNAUTHORIZED),
            ("remote-1", own, ErrorCode.FORBIDDEN),
            ("instance-ffffff", foreign, ErrorCode.NOT_FOUND),
            ("instance-ffffff", key, ErrorCode.NOT_FOUND),
        ]:
            async with elsewhere(running.url, fake, name, token) as worker:
                assert (await ending(worker)).code is code
        async with elsewhere(running.url, fake, instance, key):
            await until(running, instance)


async def test_an_instance_that_ends_while_it_connects_is_no_worker_of_its_own(served, hooks):
    async def admit(_worker):
        """It was there a moment ago."""

    hello = messages.encode(messages.Hello("instance-ffffff", "session", "1", "http://here"))
    async with served(**hooks.settings()) as running:
        with pytest.raises(AppError, match="just ended"):
            await running.services.stations._hosts.receive(hello, None, admit)
        assert await running.workers() == []


async def test_the_token_of_an_instance_opens_nothing_else(served, hooks, session):
    async with served(**hooks.settings(api_key="secret")) as running:
        await deploy(running.services, min_instances=1)
        shown = {"X-API-Key": hooks.told(await expected(running))["GREENROOM_TOKEN"]}
        files = "/api/worker/remote-1/outputs/" + "ab" * 32
        for path, status in [("/api/jobs", 401), (f"{files}?size=4", 403), ("/api/worker", 200)]:
            async with session.get(running.url + path, headers=shown) as answer:
                assert answer.status == status


async def test_an_instance_that_has_a_url_does_not_connect(served, elsewhere, fake, hooks):
    answer = json.dumps({"url": fake.url})
    async with served(**hooks.settings(answer)) as running:
        await deploy(running.services, min_instances=1)
        (one,) = await running.until(WorkerStatus.UP)
        token = hooks.told(one.id)["GREENROOM_TOKEN"]
        async with elsewhere(running.url, fake, one.id, token) as worker:
            refused = await ending(worker)
    assert (refused.code, fake.url in refused.message) == (ErrorCode.CONFLICT, True)


async def test_an_instance_stays_over_a_restart_of_the_server(served, elsewhere, fake, hooks):
    settings = hooks.settings(port=free_port())
    async with served(**settings) as running:
        await deploy(running.services, min_instances=1)
        instance = await expected(running)
        token = hooks.told(instance)["GREENROOM_TOKEN"]
        url = running.url
    async with elsewhere(url, fake, instance, token) as worker:
        await worker.tried.wait()
        for _ in range(2):
            async with served(**settings) as running:
                await until(running, instance)
        assert not worker.task.done()
    assert (hooks.count("start"), hooks.count("stop")) == (1, 0)


async def test_a_machine_that_never_connects_is_given_up_and_another_is_tried(served, hooks):
    async with served(**hooks.settings(provider_patience=1)) as running:
        await deploy(running.services, min_instances=1)
        first = await expected(running)
        await none_left(running)
        assert hooks.told(first, "stop")["GREENROOM_HANDLE"] == f"vm of {first}"
        (silent,) = await ended_ones(running)
        assert (silent.reason, silent.ready_at) == (
            "did not answer in time: its worker has not connected",
            None,
        )
        assert await expected(running) != first


def test_an_instance_is_one_comfyui(tmp_path, unused_tcp_port):
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    options = ("--comfyui", "127.0.0.1:1", "--comfyui", "127.0.0.1:2", "--instance", "instance-1")
    done = greenroom("worker", "--server", nowhere, "--data-dir", tmp_path / "box", *options)
    assert (done.code, "one ComfyUI, not 2" in done.err) == (ExitCode.USAGE, True)


def test_the_guide_shows_the_example_as_it_is():
    guide = (EXAMPLE.parents[1] / "docs/how-to/autoscale.md").read_text()
    assert (EXAMPLE / "start").read_text() in guide


async def test_the_example_rents_a_machine_for_a_request_and_gives_it_back(
    served, fake, tmp_path, monkeypatch
):
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            missing(f"{tool} is not installed")
    async with cloud.FakeCloud(tmp_path, fake.url) as rented:
        monkeypatch.setenv("CLOUD_URL", rented.url)
        monkeypatch.setenv("CLOUD_KEY", cloud.KEY)
        monkeypatch.setenv("CLOUD_IMAGE", "comfyui:latest")
        commands = {
            f"provider_{name}": f"sh {EXAMPLE / name}" for name in ("start", "stop", "list")
        }
        settings = {"engine": "cpu", "workers": 0, "provider": "command", **commands}
        async with served(**settings, api_key="secret") as running:
            made = await deploy(running.services, hardware=("AMPERE_48",), keep_warm_s=0)
            job = await send(running.services, made)
            done = await running.ended(job.id)
            assert (done.state, len(rented.ever)) == (JobState.SUCCEEDED, 1)
            (asked,) = rented.ever
            assert (asked["name"], asked["gpu"]) == (done.worker, "AMPERE_48")
            assert asked["image"] == "comfyui:latest"
            await none_left(running)
            assert rented.machines == {}
