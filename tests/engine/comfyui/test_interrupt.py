"""Stopping one run, and no other."""

import asyncio
import random

import aiohttp
import pytest
from tests.engine.comfyui.conftest import Sink
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.domain.ids import new_job_id
from greenroom.domain.run import NodeStarted
from greenroom.engine.base import InputFile, Interrupted
from greenroom.engine.comfyui.identity import prompt_id

VERSIONS = ["0.3.30", "0.3.64", "0.33.0"]
TEXT = {"out": {"class_type": "PreviewAny", "inputs": {"source": "hello"}}}


@pytest.fixture(params=VERSIONS)
async def fake(tmp_path, request):
    async with FakeComfyUI(tmp_path / "comfyui", version=request.param) as server:
        yield server


async def test_a_running_job_is_stopped_and_says_where(fake, engine, make_run, sink, held):
    run = make_run(held())
    running = asyncio.create_task(engine.run(run, sink))
    await sink.until(NodeStarted)

    await engine.interrupt(run.job_id)

    with pytest.raises(Interrupted) as caught:
        await running
    assert caught.value.comfy["node_id"] == "wait"


async def test_a_waiting_job_is_taken_out_and_the_running_one_is_left_alone(
    fake, engine, make_run, sink, held
):
    first = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)
    waiting = make_run(TEXT)
    second = asyncio.create_task(engine.run(waiting, Sink()))
    await fake.until(lambda: fake.books.pending)

    await engine.interrupt(waiting.job_id)

    with pytest.raises(Interrupted):
        await second
    fake.gate("gate").opened.set()
    assert (await first).outputs


async def test_a_job_that_is_not_here_is_no_reason_to_stop_another(
    fake, engine, make_run, sink, held
):
    first = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)

    await engine.interrupt(make_run(TEXT).job_id)
    fake.gate("gate").opened.set()

    assert (await first).outputs


async def test_a_run_of_someone_else_is_never_stopped(fake, engine, make_run, sink, held):
    other = await foreign_run(fake, held("other"))
    await fake.gate("other").reached.wait()
    waiting = make_run(TEXT)
    running = asyncio.create_task(engine.run(waiting, sink))
    await fake.until(lambda: fake.books.pending)

    await engine.interrupt(waiting.job_id)

    with pytest.raises(Interrupted):
        await running
    fake.gate("other").opened.set()
    await fake.until(lambda: other in fake.books.history)
    assert fake.books.history[other]["status"]["status_str"] == "success"


async def test_a_stop_during_the_upload_keeps_the_run_from_starting(
    fake, engine, make_run, sink, tmp_path
):
    path = tmp_path / "x.png"
    path.write_bytes(b"x")
    fake.upload_gate = asyncio.Event()
    run = make_run(TEXT, inputs=(InputFile("input", "", "x.png", path),))
    running = asyncio.create_task(engine.run(run, sink))
    await fake.until(lambda: fake.uploading)

    await engine.interrupt(run.job_id)
    fake.upload_gate.set()

    with pytest.raises(Interrupted):
        await running
    assert fake.books.accepted == []


async def test_random_stops_touch_no_other_job(fake, engine, make_run):
    chance = random.Random(7)
    runs = [make_run(TEXT) for _ in range(60)]
    doomed = {run.job_id for run in runs if chance.random() < 0.5}

    async def follow(run):
        try:
            await engine.run(run, Sink())
        except Interrupted:
            return run.job_id
        return None

    following = [asyncio.create_task(follow(run)) for run in runs]
    victims = [run for run in runs if run.job_id in doomed]
    chance.shuffle(victims)
    for victim in victims:
        await engine.interrupt(victim.job_id)
    stopped = {job_id for job_id in await asyncio.gather(*following) if job_id is not None}

    assert stopped <= doomed
    assert {prompt_id(run.job_id, 1) for run in runs if run.job_id not in stopped} <= set(
        fake.books.history
    )


async def foreign_run(fake, graph):
    identity = new_job_id()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{fake.url}/prompt", json={"prompt": graph, "prompt_id": identity}) as answer,
    ):
        assert answer.status == 200
    return identity
