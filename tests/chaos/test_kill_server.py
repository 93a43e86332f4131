import contextlib
import hashlib
import json
import sqlite3
from pathlib import Path

import psutil
import pytest
from tests.cli import graphs
from tests.cli.processes import Served, greenroom, interactive, served
from tests.cli.waiting import submitted, until_message, until_node

from greenroom.cli.client import Client
from greenroom.cli.follow import Follower
from greenroom.domain.clock import SystemClock


async def finished(client: Client, job: str):
    """The job once it has ended."""
    follower = Follower(client, {}, lambda _snapshot: None, SystemClock())
    return await follower.to_the_end(job, "me")


def attempts(folder: Path, job: str) -> list[tuple[int, str | None]]:
    """(number, outcome) of each attempt, as the database has them."""
    with sqlite3.connect(folder / "greenroom.db") as database:
        rows = database.execute(
            "SELECT number, outcome FROM attempts WHERE job_id = ? ORDER BY number", (job,)
        ).fetchall()
    database.close()
    return rows


def kept(folder: Path) -> list[str]:
    """The hash of every output file."""
    files = sorted(path for path in (folder / "output").rglob("*") if path.is_file())
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def power_cut(server: Served) -> None:
    """Kill the server; the processes it started must notice by themselves."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.kill()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> list[str]:
    """What the workflow makes when nothing happens to its server."""
    folder = tmp_path_factory.mktemp("undisturbed")
    workflow = folder / "workflow.json"
    workflow.write_text(json.dumps(graphs.blurring(2)))
    done = greenroom("run", workflow, "--data-dir", folder / "data", "--output-dir", folder)
    assert done.code == 0, done.err
    return kept(folder / "data")


async def test_jobs_that_were_accepted_run_in_order_after_a_kill(tmp_path):
    folder = tmp_path / "data"
    with served(folder) as server:
        async with Client(server.url) as client, client.socket("me") as socket:
            first = await submitted(client, graphs.blurring(8), "me")
            await until_node(socket, first, "1")
            waiting = [await submitted(client, graphs.quick(n), "me") for n in range(5)]
            power_cut(server)
    with served(folder) as server:
        async with Client(server.url) as client:
            jobs = [await finished(client, job) for job in (first, *waiting)]
            assert all(job.succeeded for job in jobs)
            starts = [job.execution_start_time for job in jobs]
            assert starts == sorted(starts)
    assert all(attempts(folder, job) == [(1, "succeed")] for job in waiting)


@pytest.mark.parametrize("reached", ["1", "2", "save"])
async def test_a_job_that_ran_is_run_again_with_the_same_outcome(tmp_path, undisturbed, reached):
    folder = tmp_path / "data"
    with served(folder) as server:
        async with Client(server.url) as client, client.socket("me") as socket:
            job = await submitted(client, graphs.blurring(2), "me")
            await until_node(socket, job, reached)
            before = (await client.job(job)).graph
            power_cut(server)
    with served(folder) as server:
        async with Client(server.url) as client:
            ended = await finished(client, job)
            assert ended.succeeded
            assert ended.outputs_count == 1
            assert ended.graph == before
    assert [outcome for _, outcome in attempts(folder, job)].count("succeed") == 1
    assert kept(folder) == undisturbed


async def test_an_output_that_was_kept_before_the_kill_is_there_once(tmp_path, undisturbed):
    folder = tmp_path / "data"
    with served(folder) as server:
        async with Client(server.url) as client, client.socket("me") as socket:
            job = await submitted(client, graphs.blurring(2), "me")
            await until_message(socket, "executed")
            power_cut(server)
    with served(folder) as server:
        async with Client(server.url) as client:
            ended = await finished(client, job)
            assert ended.succeeded
            assert ended.outputs_count == 1
    assert kept(folder) == undisturbed


async def test_a_job_that_has_ended_is_not_run_again(tmp_path):
    folder = tmp_path / "data"
    with served(folder) as server:
        async with Client(server.url) as client, client.socket("me") as socket:
            job = await submitted(client, graphs.quick(), "me")
            await until_message(socket, "execution_success")
            ended = await client.job(job)
            power_cut(server)
    with served(folder) as server:
        async with Client(server.url) as client:
            marker = await submitted(client, graphs.quick(1), "me")
            assert (await finished(client, marker)).succeeded
            assert await client.job(job) == ended
    assert attempts(folder, job) == [(1, "succeed")]


async def test_a_job_that_loses_three_servers_is_given_up(tmp_path):
    folder = tmp_path / "data"
    job = ""
    for _ in range(3):
        with served(folder) as server:
            async with Client(server.url) as client, client.socket("me") as socket:
                if not job:
                    job = await submitted(client, graphs.blurring(200), "me")
                await until_node(socket, job, "1")
                power_cut(server)
    with served(folder, "--workers", 0) as server:
        async with Client(server.url) as client:
            assert (await finished(client, job)).status == "failed"
    assert len(attempts(folder, job)) == 3


def test_a_command_that_follows_a_job_outlives_its_server(tmp_path, undisturbed):
    workflow = tmp_path / "workflow.json"
    workflow.write_text(json.dumps(graphs.blurring(2)))
    folder, out = tmp_path / "data", tmp_path / "out"
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(served(folder))
        command = stack.enter_context(
            interactive("run", workflow, "--server", server.url, "--output-dir", out)
        )
        assert "EmptyImage" in command.stderr.readline()
        power_cut(server)
        stack.enter_context(served(folder, "--port", server.url.rpartition(":")[2]))
        told = command.stderr.read()
        assert command.wait() == 0, told
    (picture,) = out.iterdir()
    assert hashlib.sha256(picture.read_bytes()).hexdigest() in undisturbed
