"""One attempt at a job, on an engine that follows a script, on both databases."""

import asyncio

import pytest
from tests.fakes import scripted_engine
from tests.worker.conftest import CALLER

from greenroom.domain.asset import Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.failure import FailureClass
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.run import NodeOutput, NodeRef
from greenroom.engine.base import RunResult
from greenroom.service.assets import FileName


async def test_a_job_that_runs_well_succeeds_with_its_file_kept(installation, engine):
    job = await installation.submit()
    async with installation.worker(engine):
        ended = await installation.ended(job.id)
    assert ended.state is JobState.SUCCEEDED
    assert ended.outputs_count == 1
    assert await installation.outputs(job.id) == {
        "2": {"images": [{"filename": "a_00001_.png", "subfolder": "", "type": "output"}]}
    }
    asset = await installation.assets.find(CALLER, FileName(Root.OUTPUT, "", "a_00001_.png"))
    assert asset.job_id == job.id
    assert installation.assets.visible_path(asset).read_bytes() == job.id.encode()


async def test_a_job_with_a_batch_of_files_is_fetched_together_and_stored_at_once(
    installation, engine, monkeypatch
):
    names = [f"b_{number:05}_.png" for number in range(1, 4)]
    fetching = []
    all_asked = asyncio.Event()

    async def fetch(run, item, scratch):
        fetching.append(item["filename"])
        if len(fetching) == len(names):
            all_asked.set()
        await all_asked.wait()
        path = engine.folder / item["filename"]
        await asyncio.to_thread(path.write_text, item["filename"])
        return path

    async def paint_batch(_engine, _run, sink):
        items = [{"filename": name, "subfolder": "", "type": "output"} for name in names]
        await sink(NodeOutput(NodeRef("2", "2"), {"images": items, "text": ["three"]}))
        return RunResult({}, {})

    writes = []

    def counted(kind):
        write = getattr(installation.database, kind)

        async def counted_write(work):
            writes.append((kind, work.__qualname__.partition(".<locals>")[0]))
            return await write(work)

        return counted_write

    async with installation.worker(engine):
        await installation.ended((await installation.submit()).id)
        engine.script, engine.fetch = paint_batch, fetch
        for kind in ("write", "write_soon"):
            monkeypatch.setattr(installation.database, kind, counted(kind))
        job = await installation.submit()
        await installation.ended(job.id)
    # An idle worker may have looked for work once more.
    assert [one for one in writes if one[1] != "Queue._claim"] == [
        ("write", "Submit._submit"),
        ("write_soon", "Assets.keep_output"),
        ("write", "Queue._move"),
    ]
    shown = (await installation.outputs(job.id))["2"]
    assert [item["filename"] for item in shown["images"]] == names
    assert shown["text"] == ["three"]
    for name in names:
        asset = await installation.assets.find(CALLER, FileName(Root.OUTPUT, "", name))
        assert await installation.assets.read(asset) == name.encode()


async def test_two_jobs_that_write_the_same_name_keep_both_files(installation, engine):
    jobs = [await installation.submit() for _ in range(2)]
    async with installation.worker(engine, slots=2):
        for job in jobs:
            await installation.ended(job.id)
    names = [(await installation.outputs(job.id))["2"]["images"][0]["filename"] for job in jobs]
    assert sorted(names) == ["a_00001_.png", "a_00002_.png"]
    for job, name in zip(jobs, names, strict=True):
        asset = await installation.assets.find(CALLER, FileName(Root.OUTPUT, "", name))
        assert await installation.assets.read(asset) == job.id.encode()


async def test_a_node_error_fails_the_job_at_once_and_says_which_node(installation, engine):
    engine.script = scripted_engine.failing(FailureClass.NODE_ERROR)
    job = await installation.submit()
    async with installation.worker(engine):
        ended = await installation.ended(job.id)
    assert ended.state is JobState.FAILED
    assert ended.error["node_id"] == "1"
    assert [attempt.outcome for attempt in await installation.attempts(job.id)] == [JobEvent.FAIL]


async def test_a_lost_worker_costs_an_attempt_and_the_job_runs_again(installation, engine):
    engine.script = scripted_engine.failing(FailureClass.WORKER_LOST, times=2)
    job = await installation.submit()
    async with installation.worker(engine):
        ended = await installation.ended(job.id)
    assert ended.state is JobState.SUCCEEDED
    assert [attempt.outcome for attempt in await installation.attempts(job.id)] == [
        JobEvent.RETRY,
        JobEvent.RETRY,
        JobEvent.SUCCEED,
    ]
    assert [run.graph for run in engine.runs] == [engine.runs[0].graph] * 3


async def test_a_job_that_loses_three_workers_is_lost(installation, engine):
    engine.script = scripted_engine.failing(FailureClass.WORKER_LOST)
    job = await installation.submit()
    async with installation.worker(engine):
        ended = await installation.ended(job.id)
    assert ended.state is JobState.LOST
    assert len(await installation.attempts(job.id)) == 3


async def test_a_retried_job_keeps_only_the_files_of_its_last_attempt(installation, engine):
    async def paint_then_vanish(engine, run, sink):
        result = await scripted_engine.paint(engine, run, sink)
        if run.attempt == 1:
            return await scripted_engine.failing(FailureClass.WORKER_LOST)(engine, run, sink)
        return result

    engine.script = paint_then_vanish
    job = await installation.submit()
    async with installation.worker(engine):
        assert (await installation.ended(job.id)).state is JobState.SUCCEEDED
    kept = await installation.assets.names(CALLER, Root.OUTPUT)
    assert kept == ["a_00001_.png"]
    assert (await installation.outputs(job.id))["2"]["images"][0]["filename"] == kept[0]


async def test_a_cancel_stops_the_run_and_only_that_run(installation, engine):
    engine.script = scripted_engine.hang
    first, second = await installation.submit(), await installation.submit()
    async with installation.worker(engine, slots=2):
        for _ in range(2):
            await engine.began.get()
        await installation.jobs.cancel(CALLER, first.id)
        assert (await installation.ended(first.id)).state is JobState.CANCELED
        assert (await installation.jobs.get(CALLER, second.id)).state is JobState.RUNNING
        assert not engine.interrupted[second.id].is_set()


async def test_a_worker_that_stops_gives_its_job_back_without_cost(installation, engine):
    engine.script = scripted_engine.wait_for_signal
    job = await installation.submit()
    async with installation.worker(engine):
        await engine.began.get()
    waiting = await installation.jobs.get(CALLER, job.id)
    assert (waiting.state, waiting.attempt) == (JobState.QUEUED, 0)


async def test_a_stopping_worker_lets_the_run_end_within_its_grace(installation, engine):
    engine.script = scripted_engine.wait_for_signal
    job = await installation.submit()
    async with installation.worker(engine, grace=60):
        await engine.began.get()
        engine.go_on.set()
    assert (await installation.jobs.get(CALLER, job.id)).state is JobState.SUCCEEDED


async def test_a_worker_whose_lease_was_lost_changes_nothing(installation, engine, clock):
    engine.script = scripted_engine.wait_for_signal
    job = await installation.submit()
    async with installation.worker(engine, slots=2):
        await engine.began.get()
        clock.advance(60_000)
        while not await installation.queue.reap():
            clock.advance(60_000)
        assert (await engine.began.get()).attempt == 2
        engine.go_on.set()
        ended = await installation.ended(job.id)
    assert ended.state is JobState.SUCCEEDED
    outcomes = [attempt.outcome for attempt in await installation.attempts(job.id)]
    assert outcomes == [JobEvent.RETRY, JobEvent.SUCCEED]
    assert await installation.assets.names(CALLER, Root.OUTPUT) == ["a_00001_.png"]


async def test_a_worker_goes_on_after_a_fault_of_its_own(installation, engine, monkeypatch):
    faults = iter([RuntimeError("unforeseen")])
    well = engine.object_info

    async def stumble():
        if fault := next(faults, None):
            raise fault
        return await well()

    monkeypatch.setattr(engine, "object_info", stumble)
    job = await installation.submit()
    async with installation.worker(engine):
        assert (await installation.ended(job.id)).state is JobState.SUCCEEDED


async def test_the_same_id_with_the_same_graph_is_the_same_job(installation):
    job_id = "5f7e9e9e-1111-4222-8333-444455556666"
    first = await installation.submit(prompt_id=job_id)
    again = await installation.submit(prompt_id=job_id)
    assert again == first
    other = {**scripted_engine.GRAPH, "1": {"class_type": "Paint", "inputs": {"color": 8}}}
    with pytest.raises(AppError) as refused:
        await installation.submit(other, prompt_id=job_id)
    assert refused.value.code is ErrorCode.CONFLICT


async def test_jobs_of_many_clients_run_in_the_order_of_their_acceptance(installation, engine):
    async def one_client():
        return [await installation.submit() for _ in range(10)]

    submitted = await asyncio.gather(*(one_client() for _ in range(20)))
    accepted = sorted((job for jobs in submitted for job in jobs), key=lambda job: job.seq)
    async with installation.worker(engine):
        await installation.ended(accepted[-1].id)
    assert [run.job_id for run in engine.runs] == [job.id for job in accepted]
