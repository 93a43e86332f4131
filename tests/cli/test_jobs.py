import asyncio
import json

import pytest
from tests.cli import graphs
from tests.cli.processes import greenroom, interactive

from greenroom.cli.client import Client
from greenroom.cli.exit_code import ExitCode

_UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def finished(server, tmp_path_factory):
    """The id of a job that has run."""
    path = tmp_path_factory.mktemp("finished") / "workflow.json"
    path.write_text(json.dumps(graphs.quick(7)))
    done = greenroom("run", path, "--server", server.url, "--output-dir", path.parent, "--json")
    return done.json["job"]["id"]


@pytest.fixture
def running(server, workflow):
    """The id of a job that runs while the command that sent it waits."""
    path = workflow(graphs.blurring(40))
    with interactive("run", path, "--server", server.url) as command:
        assert "%" in command.stderr.readline()
        listed = greenroom("jobs", "list", "--limit", 1, "--server", server.url, "--json")
        job = listed.json["jobs"][0]["id"]
        yield job
        greenroom("jobs", "cancel", job, "--server", server.url)


def test_the_newest_jobs_are_listed(server, finished):
    listed = greenroom("jobs", "list", "--server", server.url, "--status", "completed")
    assert listed.code == ExitCode.OK
    assert finished in listed.out


def test_a_job_shows_its_outputs(server, finished):
    shown = greenroom("jobs", "show", finished, "--server", server.url)
    assert shown.code == ExitCode.OK
    assert "completed" in shown.out
    assert "node 2 images: quick_" in shown.out


def test_a_job_shows_when_it_came_how_long_it_waited_and_where_it_ran(server, finished):
    told = greenroom("jobs", "show", finished, "--server", server.url, "--json").json
    shown = greenroom("jobs", "show", finished, "--server", server.url).out
    waited = (told["execution_start_time"] - told["create_time"]) / 1000
    assert f"UTC, waited {waited:.1f} s" in shown
    assert f" s on {told['attempts'][0]['worker']}\n" in shown


def test_a_running_job_shows_its_worker(server, running):
    told = greenroom("jobs", "show", running, "--server", server.url, "--json").json
    shown = greenroom("jobs", "show", running, "--server", server.url).out
    assert f"runs on {told['attempts'][0]['worker']}\n" in shown


def test_a_failed_job_shows_its_node_the_message_and_what_to_do(server, workflow):
    done = greenroom("run", workflow(graphs.failing()), "--server", server.url, "--json")
    job = done.json["job"]["id"]
    shown = greenroom("jobs", "show", job, "--server", server.url)
    assert "node 1 (" in shown.out
    assert "advice: " in shown.out
    told = greenroom("jobs", "show", job, "--server", server.url, "--json").json
    assert (told["error"]["kind"], told["error"]["node_id"]) == ("node_error", "1")
    assert [(one["number"], one["outcome"]) for one in told["attempts"]] == [(1, "fail")]


def test_an_unknown_job_is_not_found(server):
    for command in ("show", "watch", "cancel"):
        assert greenroom("jobs", command, _UNKNOWN, "--server", server.url).code == (
            ExitCode.NOT_FOUND
        )


def test_a_finished_job_stays_as_it_is_when_it_is_canceled(server, finished):
    answer = greenroom("jobs", "cancel", finished, "--server", server.url, "--json")
    assert answer.code == ExitCode.OK
    assert answer.json == {"id": finished, "cancelled": False}


def test_a_job_is_watched_until_it_is_canceled(server, running):
    with interactive("jobs", "watch", running, "--server", server.url, "--json") as watching:
        assert '"percent"' in watching.stdout.readline()
        answer = greenroom("jobs", "cancel", running, "--server", server.url, "--json")
        assert answer.json["cancelled"]
        rest, _ = watching.communicate()
    assert '"status":"cancelled"' in rest.splitlines()[-1]
    assert watching.returncode == ExitCode.FAILED


async def test_a_job_without_a_client_is_watched_too(server):
    async with Client(server.url) as client:
        await client.until_workers_are_up()
        job = (await client.submit({"prompt": graphs.blurring(1)})).prompt_id
    watched = await asyncio.to_thread(greenroom, "jobs", "watch", job, "--server", server.url)
    assert watched.code == ExitCode.OK, watched.err
    assert "completed" in watched.out


def test_without_any_server_it_is_said_how_to_start_one(tmp_path):
    done = greenroom("jobs", "list", "--data-dir", tmp_path)
    assert done.code == ExitCode.UNREACHABLE
    assert "greenroom serve" in done.err


def test_a_limit_that_is_no_number_is_a_usage_error(server):
    assert greenroom("jobs", "list", "--limit", "many").code == ExitCode.USAGE
