"""Jobs that run on another machine: they end as they do here, whatever the line does."""

import asyncio
import contextlib
import os

from tests.fakes.cut_line import CutLine
from tests.fleet.conftest import CALLER, holding, showing
from tests.outpost.conftest import until

from greenroom.domain.asset import Root
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.run import NodeOutput, Preview, RunStarted
from greenroom.domain.worker import WorkerStatus

UP, DOWN = WorkerStatus.UP, WorkerStatus.DOWN
BIG = 9 * 1024 * 1024
HERE = {"engine": "cpu", "workers": 0}


def copying(name):
    """A graph that reads a file and writes the same bytes."""
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    }


async def given(running, tmp_path, data):
    path = tmp_path / "given.png"
    path.write_bytes(data)
    return (await running.client.upload(path)).name


async def made(running, job):
    """The bytes of the job's files."""
    assets = running.services.assets
    found = await assets.of_job(CALLER, job)
    return [await assets.read(asset) for asset in found if asset.root is Root.OUTPUT]


async def heard(events, kind):
    async for event in events:
        if isinstance(getattr(event, "body", None), kind):
            return


def runs(fake):
    """The prompts that ComfyUI was given, without trial runs."""
    return [prompt for prompt in fake.books.accepted if prompt in fake.books.history]


async def test_a_job_runs_elsewhere_with_its_files_and_previews(served, elsewhere, fake, tmp_path):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        with running.services.watch.follow(CALLER) as seen:
            first = await running.submit(
                showing({"class_type": "Steps", "inputs": {"steps": 3, "preview": True}})
            )
            assert (await running.ended(first)).state is JobState.SUCCEEDED
        assert [e async for e in seen if isinstance(getattr(e, "body", None), Preview)]
        data = os.urandom(BIG)
        second = await running.submit(copying(await given(running, tmp_path, data)))
        ended = await running.ended(second)
        assert (ended.state, ended.worker) == (JobState.SUCCEEDED, worker.id)
        assert await made(running, second) == [data]
        (shown,) = await running.workers()
    assert (shown["kind"], shown["remote"], shown["address"]) == ("remote", True, "127.0.0.1")
    assert (shown["labels"], shown["url"]) == ({"room": "cellar"}, fake.url)


async def test_a_node_that_fails_elsewhere_fails_the_job_in_the_same_words(served, elsewhere, fake):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        inputs = {"type": "ValueError", "message": "no such colour"}
        job = await running.submit(showing({"class_type": "Fail", "inputs": inputs}))
        ended = await running.ended(job)
    assert ended.state is JobState.FAILED
    assert (ended.error["message"], ended.error["node_id"]) == ("no such colour", "1")


async def test_a_run_outlives_a_cut_of_the_line_and_is_finished_once(served, elsewhere, fake):
    async with (
        served(**HERE) as running,
        CutLine(running.url) as line,
        elsewhere(line.url, fake) as worker,
    ):
        await until(running, worker.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        await line.cut()
        await until(running, worker.id, DOWN)
        fake.gate("gate").opened.set()
        await fake.until(lambda: fake.books.running is None)
        assert (await running.job(job)).state is JobState.RUNNING
        await line.mend()
        ended = await running.ended(job)
        assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]
    assert (ended.state, len(runs(fake))) == (JobState.SUCCEEDED, 1)


async def test_an_input_goes_on_where_the_line_was_cut(served, elsewhere, fake, tmp_path):
    async with (
        served(**HERE) as running,
        CutLine(running.url) as line,
        elsewhere(line.url, fake) as worker,
    ):
        await until(running, worker.id)
        data = os.urandom(BIG)
        name = await given(running, tmp_path, data)
        line.down_limit = BIG * 2 // 3
        job = await running.submit(copying(name))
        assert (await running.ended(job)).state is JobState.SUCCEEDED
        assert line.broke.is_set()
        assert await made(running, job) == [data]
        # A third of it at most went twice; what came back had the same bytes and went not.
        assert line.carried["down"] < BIG * 3 // 2
        assert line.carried["up"] < BIG // 2


async def test_an_output_goes_on_where_the_line_was_cut(served, elsewhere, fake):
    data = os.urandom(BIG)
    fake.folders.write("output/big.png", data)
    item = {"filename": "big.png", "subfolder": "", "type": "output"}
    graph = {"1": {"class_type": "Emit", "inputs": {"ui": {"images": [item]}}}}
    async with (
        served(**HERE) as running,
        CutLine(running.url) as line,
        elsewhere(line.url, fake) as worker,
    ):
        await until(running, worker.id)
        line.up_limit = BIG * 2 // 3
        job = await running.submit(graph)
        assert (await running.ended(job)).state is JobState.SUCCEEDED
        assert line.broke.is_set()
        assert await made(running, job) == [data]
        assert line.carried["up"] < BIG * 3 // 2
        assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]


async def test_a_run_outlives_a_restart_of_its_server(served, elsewhere, fake):
    async with contextlib.AsyncExitStack() as stack:
        async with served(**HERE) as running:
            line = await stack.enter_async_context(CutLine(running.url))
            worker = await stack.enter_async_context(elsewhere(line.url, fake))
            await until(running, worker.id)
            job = await running.submit(holding("gate"))
            await fake.gate("gate").reached.wait()
        fake.gate("gate").opened.set()
        await fake.until(lambda: fake.books.running is None)
        async with served(**HERE) as running:
            line.lead_to(running.url)
            ended = await running.ended(job)
            assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]
    assert (ended.state, len(runs(fake))) == (JobState.SUCCEEDED, 1)


async def test_a_run_outlives_a_restart_of_its_worker_and_its_files_are_kept_once(
    served, elsewhere, fake
):
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "Hold", "inputs": {"gate": "gate"}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
    }
    async with served(**HERE) as running:
        with running.services.watch.follow(CALLER) as seen:
            async with elsewhere(running.url, fake) as worker:
                await until(running, worker.id)
                job = await running.submit(graph)
                await heard(seen, NodeOutput)
                await fake.gate("gate").reached.wait()
        await until(running, worker.id, DOWN)
        fake.gate("gate").opened.set()
        async with elsewhere(running.url, fake):
            ended = await running.ended(job)
        assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]
        assert len(await made(running, job)) == 2
    assert (ended.state, len(runs(fake))) == (JobState.SUCCEEDED, 1)


async def test_a_run_that_a_restarted_worker_does_not_find_again_is_tried_once_more(
    served, elsewhere, fake
):
    async with served(**HERE) as running:
        with running.services.watch.follow(CALLER) as seen:
            async with elsewhere(running.url, fake) as worker:
                await until(running, worker.id)
                job = await running.submit(holding("gate"))
                await heard(seen, RunStarted)
        await fake.crash()
        await fake.restart()
        fake.gate("gate").opened.set()
        async with elsewhere(running.url, fake):
            assert (await running.ended(job)).state is JobState.SUCCEEDED
        outcomes = [outcome for _, _, outcome in await running.attempts(job)]
    assert outcomes == [JobEvent.RETRY, JobEvent.SUCCEED]


async def test_the_job_of_a_worker_that_is_away_for_too_long_is_run_by_another_one(
    served, elsewhere, fake, other
):
    async with (
        served(**HERE, remote_patience=0.05) as running,
        CutLine(running.url) as line,
        elsewhere(line.url, fake) as first,
    ):
        await until(running, first.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        await line.cut()
        async with elsewhere(running.url, other, "remote-2") as second:
            await other.gate("gate").reached.wait()
            await line.mend()
            await until(running, first.id)
            # It goes on with a run that is nobody's any more, and takes up the next job.
            next_job = await running.submit(holding("next"))
            await fake.gate("next").reached.wait()
            fake.gate("next").opened.set()
            assert (await running.ended(next_job)).worker == first.id
            other.gate("gate").opened.set()
            ended = await running.ended(job)
            assert await running.attempts(job) == [
                (1, first.id, JobEvent.RETRY),
                (2, second.id, JobEvent.SUCCEED),
            ]
    assert ended.state is JobState.SUCCEEDED


async def test_a_cancel_reaches_a_run_elsewhere_and_one_that_waits_for_its_files(
    served, elsewhere, fake, tmp_path
):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        assert await running.client.cancel(job)
        assert (await running.ended(job)).state is JobState.CANCELED
        await fake.until(lambda: fake.books.running is None)
        name = await given(running, tmp_path, os.urandom(1000))
        staging = asyncio.Event()

        async def never(_file):
            staging.set()
            await asyncio.Event().wait()

        worker.outpost._runs._inputs.bring = never
        job = await running.submit(copying(name))
        await staging.wait()
        assert await running.client.cancel(job)
        assert (await running.ended(job)).state is JobState.CANCELED
