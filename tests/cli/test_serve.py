import asyncio
import signal
import socket

import pytest
from tests.cli import graphs
from tests.cli.processes import greenroom, served
from tests.cli.waiting import submitted, until_message, until_node

from greenroom.cli.client import Client
from greenroom.cli.exit_code import ExitCode


def test_a_second_server_on_the_folder_is_refused(server):
    done = greenroom("serve", "--port", 0, "--data-dir", server.folder)
    assert done.code == ExitCode.CONFLICT
    assert str(server.folder) in done.err


def test_a_port_that_is_taken_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = greenroom("serve", "--port", port, "--data-dir", tmp_path)
    assert done.code == ExitCode.CONFLICT
    assert f"127.0.0.1:{port}" in done.err


def test_an_address_that_others_can_reach_is_refused_without_a_key(tmp_path):
    done = greenroom("serve", "--host", "0.0.0.0", "--port", 0, "--data-dir", tmp_path)
    assert done.code == ExitCode.REFUSED
    assert "--api-key" in done.err
    assert "greenroom keys create" in done.err


def test_with_a_key_every_request_must_show_it(tmp_path):
    with served(tmp_path / "data", "--host", "0.0.0.0", "--api-key", "secret") as running:
        port = running.url.rsplit(":", 1)[1]
        url = f"http://127.0.0.1:{port}"
        refused = greenroom("jobs", "list", "--server", url)
        assert refused.code == ExitCode.REFUSED
        assert "--api-key" in refused.err
        assert greenroom("jobs", "list", "--server", url, "--api-key", "secret").code == ExitCode.OK
        known = greenroom("jobs", "list", "--server", url, GREENROOM_API_KEY="secret")
        assert known.code == ExitCode.OK


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").touch()
    done = greenroom("serve", "--port", 0, "--data-dir", tmp_path / "file" / "data")
    assert done.code == ExitCode.STORAGE
    assert "Traceback" not in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_running_job_end(tmp_path, number):
    with served(tmp_path / "data", "--drain-seconds", 60) as running:
        async with Client(running.url) as client, client.socket("me") as socket:
            job = await submitted(client, graphs.blurring(2), "me")
            await until_node(socket, job, "1")
            running.process.send_signal(number)
            await until_message(socket, "execution_success")
        assert running.process.wait() == ExitCode.OK
    with served(tmp_path / "data", "--workers", 0) as again:
        async with Client(again.url) as client:
            assert (await client.job(job)).succeeded


async def test_a_job_that_outlasts_the_drain_is_given_back_and_runs_at_the_next_start(tmp_path):
    with served(tmp_path / "data", "--drain-seconds", 0) as running:
        async with Client(running.url) as client, client.socket("me") as socket:
            job = await submitted(client, graphs.blurring(4), "me")
            await until_node(socket, job, "1")
            running.process.send_signal(signal.SIGTERM)
        assert running.process.wait() == ExitCode.OK
    with served(tmp_path / "data", "--workers", 0) as idle:
        async with Client(idle.url) as client:
            assert (await client.job(job)).status == "pending"
    with served(tmp_path / "data") as again:
        watched = greenroom("jobs", "watch", job, "--server", again.url)
        assert watched.code == ExitCode.OK, watched.err


async def test_a_second_signal_stops_at_once(tmp_path):
    with served(tmp_path / "data", "--drain-seconds", 3600) as running:
        async with Client(running.url) as client, client.socket("me") as socket:
            job = await submitted(client, graphs.blurring(200), "me")
            await until_node(socket, job, "1")
            running.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(running.until_logged, "stopping")
            running.process.send_signal(signal.SIGTERM)
        assert running.process.wait() == 128 + signal.SIGTERM
