"""What becomes of running jobs when Greenroom or a ComfyUI ends."""

import asyncio

from tests.chaos.test_kill_server import attempts as attempts_in
from tests.chaos.test_kill_server import finished
from tests.cli.processes import served as process
from tests.fleet.conftest import CALLER, holding

from greenroom.cli.client import Client
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.worker import WorkerStatus

UP, DOWN = WorkerStatus.UP, WorkerStatus.DOWN


async def test_a_run_goes_on_while_the_server_is_away_and_is_finished_once(
    served, fake, database_url
):
    database = None if database_url.startswith("sqlite") else database_url
    async with served(fake, database=database) as running:
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
    assert fake.books.running is not None
    async with served(fake, database=database) as running:
        fake.gate("gate").opened.set()
        ended = await running.ended(job)
        assert (ended.state, ended.attempt) == (JobState.SUCCEEDED, 1)
        assert await running.attempts(job) == [(1, ended.worker, JobEvent.SUCCEED)]
    assert len(runs(fake)) == 1


async def test_a_run_that_ended_while_the_server_was_away_is_not_run_again(served, fake):
    async with served(fake) as running:
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
    fake.gate("gate").opened.set()
    await fake.until(lambda: fake.books.running is None)
    async with served(fake) as running:
        assert (await running.ended(job)).state is JobState.SUCCEEDED
    assert len(runs(fake)) == 1


async def test_a_run_outlives_a_kill_of_the_server(tmp_path, fake):
    folder = tmp_path / "data"
    with process(folder, "--engine", "comfyui", "--comfyui", fake.url) as server:
        async with Client(server.url) as client:
            await client.until_workers_are_up()
            job = (await client.submit({"prompt": holding("gate")})).prompt_id
            await fake.gate("gate").reached.wait()
            await asyncio.to_thread(server.kill)
    with process(folder, "--engine", "comfyui", "--comfyui", fake.url) as server:
        async with Client(server.url) as client:
            fake.gate("gate").opened.set()
            assert (await finished(client, job)).succeeded
    assert attempts_in(folder, job) == [(1, "succeed")]
    assert len(runs(fake)) == 1


async def test_a_cancel_reaches_a_run_that_was_taken_up_again(served, fake):
    async with served(fake) as running:
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
    async with served(fake) as running:
        await running.until(UP)
        assert await running.client.cancel(job)
        assert (await running.ended(job)).state is JobState.CANCELED
    assert fake.books.running is None


async def test_a_job_whose_comfyui_is_gone_for_good_is_tried_elsewhere(served, fake, other):
    async with served(fake) as running:
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
    async with served(other) as running:
        other.gate("gate").opened.set()
        ended = await running.ended(job)
        assert ended.state is JobState.SUCCEEDED
        outcomes = [outcome for _, _, outcome in await running.attempts(job)]
    assert outcomes == [JobEvent.RETRY, JobEvent.SUCCEED]


async def test_a_job_that_brings_down_server_and_comfyui_three_times_is_lost(served, fake):
    async with served(fake) as running:
        job = await running.submit(holding("gate"))
        await begun(fake)
    for _ in range(2):
        await fake.crash()
        await fake.restart()
        async with served(fake):
            await begun(fake)
    await fake.crash()
    await fake.restart()
    async with served(fake) as running:
        assert (await running.ended(job)).state is JobState.LOST
        assert [outcome for _, _, outcome in await running.attempts(job)] == [
            JobEvent.RETRY,
            JobEvent.RETRY,
            JobEvent.LOSE,
        ]


async def test_with_stall_what_was_active_at_a_restart_is_lost(served, fake):
    async with served(fake) as running:
        ran = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        waited = await running.submit(holding("gate"))
    async with served(fake, on_restart="stall") as running:
        assert (await running.job(ran)).state is JobState.LOST
        assert await running.attempts(ran) == [(1, (await running.job(ran)).worker, JobEvent.LOSE)]
        assert (await running.job(waited)).state is JobState.LOST
        assert await running.attempts(waited) == []


async def test_a_restarted_comfyui_loses_its_run_and_another_one_runs_the_same_graph(
    served, fake, other
):
    async with served(fake) as running:
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        await running.client.ask("POST", "/api/admin/workers", dict, json={"url": other.url})
        await running.until(UP, UP)
        await fake.crash()
        await fake.restart()
        await other.gate("gate").reached.wait()
        again = other.books.running
        other.gate("gate").opened.set()
        ended = await running.ended(job)
        story = await running.attempts(job)
    assert ended.state is JobState.SUCCEEDED
    assert again.prompt == holding("gate")
    assert [outcome for _, _, outcome in story] == [JobEvent.RETRY, JobEvent.SUCCEED]
    assert story[0][1] != story[1][1]


async def test_a_job_that_loses_three_comfyuis_is_lost_with_its_story(served, fake):
    async with served(fake) as running:
        job = await running.submit(holding("gate"))
        for _ in range(3):
            await begun(fake)
            await fake.crash()
            await fake.restart()
        ended = await running.ended(job)
        story = await running.services.jobs.attempts(CALLER, job)
    assert ended.state is JobState.LOST
    assert [attempt.error["kind"] for attempt in story] == ["worker_lost"] * 3


async def test_nodes_that_a_restarted_comfyui_has_gained_are_known(served, fake, monkeypatch):
    async with served(fake) as running:
        await running.until(UP)
        assert "Fresh" not in await running.client.object_info()
        gained = {"Fresh": {**(await running.client.object_info())["PreviewAny"], "name": "Fresh"}}
        monkeypatch.setattr("tests.fakes.comfyui_server.object_info", lambda _files: gained)
        await fake.crash()
        await running.until(DOWN)
        await fake.restart()
        await running.until(UP)
        assert set(await running.client.object_info()) == {"Fresh"}


async def begun(fake):
    """Wait until a run holds at the gate, once for each run."""
    await fake.gate("gate").reached.wait()
    fake.gate("gate").reached.clear()


def runs(fake):
    """The prompts that ComfyUI was given, without trial runs."""
    return [prompt for prompt in fake.books.accepted if prompt in fake.books.history]
