"""Server and worker as processes of their own, killed in the middle of a run."""

import asyncio
import contextlib

import psutil
import pytest
from tests.chaos.test_kill_server import attempts, finished
from tests.cli.processes import greenroom, served, working
from tests.fleet.conftest import holding
from tests.fleet.test_owned import LAUNCH, until_it_runs

from greenroom.cli.client import Client
from greenroom.cli.exit_code import ExitCode
from greenroom.engine.comfyui.owned.launch import free_port


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


async def held(client, fake):
    """A job whose run waits at the gate."""
    await client.until_workers_are_up()
    job = (await client.submit({"prompt": holding("gate")})).prompt_id
    await fake.gate("gate").reached.wait()
    return job


def runs(fake):
    return [prompt for prompt in fake.books.accepted if prompt in fake.books.history]


async def test_a_run_outlives_kills_of_its_server_and_of_its_worker(folder, tmp_path, fake):
    port, here = free_port(), ("--workers", 0)
    url = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(served(folder, "--port", port, *here))
        worker = stack.enter_context(working(tmp_path / "box", url, "--comfyui", fake.url))
        async with Client(url) as client:
            job = await held(client, fake)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(worker.kill)
        stack.enter_context(served(folder, "--port", port, *here))
        stack.enter_context(working(tmp_path / "box", url, "--comfyui", fake.url))
        fake.gate("gate").opened.set()
        async with Client(url) as client:
            assert (await finished(client, job)).succeeded
    assert attempts(folder, job) == [(1, "succeed")]
    assert len(runs(fake)) == 1


async def test_a_signal_leaves_the_run_to_the_next_process_of_the_worker(folder, tmp_path, fake):
    with served(folder, "--workers", 0) as server:
        async with Client(server.url) as client:
            options = ("--comfyui", fake.url, "--drain-seconds", 0)
            with working(tmp_path / "box", server.url, *options) as worker:
                job = await held(client, fake)
                assert await asyncio.to_thread(worker.stop) == ExitCode.OK
            fake.gate("gate").opened.set()
            with working(tmp_path / "box", server.url, *options):
                assert (await finished(client, job)).succeeded
    assert attempts(folder, job) == [(1, "succeed")]


async def test_a_comfyui_that_a_worker_owns_outlives_its_kill_and_ends_when_it_stops(
    folder, tmp_path
):
    box, options = tmp_path / "box", ("--launch", LAUNCH, "--gpus", "0", "--drain-seconds", 0)
    with served(folder, "--workers", 0) as server:
        async with Client(server.url) as client:
            with working(box, server.url, *options) as worker:
                await client.until_workers_are_up()
                job = (await client.submit({"prompt": holding("gate")})).prompt_id
                owned = await asyncio.to_thread(until_it_runs, box)
                await asyncio.to_thread(worker.kill)
            with working(box, server.url, *options) as worker:
                await asyncio.to_thread(worker.until_logged, "connected")
                await client.until_workers_are_up()
                assert await asyncio.to_thread(until_it_runs, box) == owned
                assert await asyncio.to_thread(worker.stop) == ExitCode.OK
            while (await client.job(job)).status != "pending":
                await client.ready()
    assert attempts(folder, job) == [(1, "release")]
    assert not owned.is_running() or owned.status() == psutil.STATUS_ZOMBIE


def test_a_worker_without_a_valid_key_says_so_and_ends(folder, tmp_path):
    with served(folder, "--workers", 0, "--api-key", "secret") as server:
        options = ("worker", "--server", server.url, "--data-dir", tmp_path / "box")
        none = greenroom(*options)
        clients = greenroom(*options, "--token", "secret")
    assert (none.code, clients.code) == (ExitCode.REFUSED, ExitCode.REFUSED)
    assert "keys create NAME --role worker" in none.err
    assert "needs its own" in clients.err


def test_two_workers_cannot_share_a_folder(tmp_path, unused_tcp_port):
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    with working(tmp_path / "box", nowhere):
        done = greenroom("worker", "--server", nowhere, "--data-dir", tmp_path / "box")
    assert done.code == ExitCode.CONFLICT
    assert "--data-dir" in done.err
