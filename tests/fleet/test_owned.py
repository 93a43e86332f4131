"""ComfyUIs that the server starts itself: what becomes of them, and of their jobs."""

import asyncio
import json
import os
import signal
import sys
import urllib.request
from functools import partial

import psutil
import pytest
from tests.chaos.test_kill_server import attempts as attempts_in
from tests.cli.processes import served as process
from tests.fleet.conftest import holding, showing

from greenroom import fleet
from greenroom.cli.client import Client
from greenroom.domain.event import JobRan
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.run import NodeStarted
from greenroom.domain.worker import WorkerStatus
from greenroom.engine.comfyui.owned.process import ComfyProcess, ProcessTiming

LAUNCH = f"{sys.executable} -m tests.fakes.comfyui_server --port {{port}}"
UP = WorkerStatus.UP
HELLO = showing({"class_type": "PrimitiveString", "inputs": {"value": "hello"}})


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    timing = ProcessTiming(look=0.05, end_grace=2.0, first_pause=0.05)
    monkeypatch.setattr(fleet, "ComfyProcess", partial(ComfyProcess, timing=timing))


def owned_in(folder):
    """The process of the one ComfyUI that a server on this folder owns."""
    kept = json.loads((folder / "comfyui" / "gpu0.json").read_text())
    return psutil.Process(kept["pid"])


async def until_a_node_runs(running, job):
    """Before that there is nothing yet that could ignore a cancel."""
    with running.services.watch.follow(Principal(), job) as events:
        live = running.services.watch.live(job)
        if live is not None and live.progress.node is not None:
            return
        async for event in events:
            if isinstance(event, JobRan) and isinstance(event.body, NodeStarted):
                return


async def test_a_comfyui_of_the_servers_own_runs_jobs_and_ends_with_the_server(served, tmp_path):
    async with served(launch=LAUNCH, gpus="0") as running:
        job = await running.submit(HELLO)
        assert (await running.ended(job)).state is JobState.SUCCEEDED
        assert running.engine == "ComfyUI at gpu0 (started here)"
        owned = owned_in(tmp_path / "data")
        (told,) = await running.workers()
        assert (told["restarts"], told["restart_reason"]) == (0, None)
    assert not owned.is_running()


async def test_the_job_of_a_comfyui_that_dies_runs_in_the_next_one(served, tmp_path):
    async with served(launch=LAUNCH, gpus="0") as running:
        await running.until(UP)
        job = await running.submit(holding("gate"))
        owned = await asyncio.to_thread(until_it_runs, tmp_path / "data")
        os.killpg(owned.pid, signal.SIGKILL)
        while len(await running.attempts(job)) < 2:
            await running.job(job)
        assert await running.client.cancel(job)
        assert (await running.ended(job)).state is JobState.CANCELED
        assert (await running.attempts(job))[0][2] is JobEvent.RETRY


async def test_a_node_that_ignores_a_cancel_is_ended_with_its_process(served, tmp_path):
    async with served(launch=LAUNCH, gpus="0") as running:
        await running.until(UP)
        before = owned_in(tmp_path / "data")
        job = await running.submit(holding("gate", stubborn=True))
        await until_a_node_runs(running, job)
        assert await running.client.cancel(job)
        assert (await running.ended(job)).state is JobState.CANCELED
        second = await running.submit(HELLO)
        assert (await running.ended(second)).state is JobState.SUCCEEDED
        assert not before.is_running()


async def test_after_a_gpu_fault_the_process_is_started_anew(served, tmp_path):
    fault = {"type": "RuntimeError", "message": "CUDA error: an illegal memory access"}
    async with served(launch=LAUNCH, gpus="0") as running:
        await running.until(UP)
        before = owned_in(tmp_path / "data")
        await running.submit(showing({"class_type": "Fail", "inputs": fault}))
        while before.is_running():
            await running.services.workers.changed()
        await running.until(UP)
        (told,) = await running.workers()
        assert (told["restarts"], "CUDA error" in told["restart_reason"]) == (1, True)


async def test_a_run_in_a_comfyui_of_its_own_outlives_a_kill_of_the_server(tmp_path):
    folder = tmp_path / "data"
    options = ("--engine", "comfyui", "--launch", LAUNCH, "--gpus", "0")
    with process(folder, *options) as server:
        async with Client(server.url) as client:
            await client.until_workers_are_up()
            job = (await client.submit({"prompt": holding("gate")})).prompt_id
            before = await asyncio.to_thread(until_it_runs, folder)
            await asyncio.to_thread(server.kill)
    with process(folder, *options) as server:
        async with Client(server.url) as client:
            await client.until_workers_are_up()
            assert owned_in(folder) == before
            assert await client.cancel(job)
            while attempts_in(folder, job) == [(1, None)]:
                await client.job(job)
        assert server.stop() == 0
    assert attempts_in(folder, job) == [(1, "stopped")]
    # Nobody may be there to collect it, but it has ended.
    assert not before.is_running() or before.status() == psutil.STATUS_ZOMBIE


def until_it_runs(folder):
    """Wait until the ComfyUI itself has the run; gives its process."""
    port = json.loads((folder / "comfyui" / "gpu0.json").read_text())["port"]
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/queue") as answer:
            if json.load(answer)["queue_running"]:
                return owned_in(folder)
