"""Stopping one run, and no other."""

import asyncio
import os
import random
from dataclasses import replace

import aiohttp
import pytest
from tests.engine.comfyui.conftest import Sink
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.domain.ids import new_job_id
from greenroom.domain.run import NodeStarted
from greenroom.engine.base import EngineError, InputFile, Interrupted
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


async def stop_at_random(fake, engine, runs, chance):
    """Stop about half of the runs while all of them wait, run and finish; none else may stop."""
    doomed = [run for run in runs if chance.random() < 0.5]

    async def follow(run, attempt=1):
        """The attempt that finished, or None when the run was stopped."""
        try:
            await engine.run(replace(run, attempt=attempt), Sink())
        except Interrupted:
            return None
        except EngineError as error:
            if "by mistake" not in error.failure.message or fake.version != (0, 3, 30):
                raise
            return await follow(run, attempt + 1)
        return attempt

    fake.books.history.clear()
    following = [asyncio.create_task(follow(run)) for run in runs]
    finishing = chance.randrange(len(runs) // 2)
    await fake.until(lambda: len(fake.books.history) >= finishing)
    chance.shuffle(doomed)
    for victim in doomed:
        await engine.interrupt(victim.job_id)
    attempts = await asyncio.gather(*following)
    ended = {run.job_id: attempt for run, attempt in zip(runs, attempts, strict=True)}
    stopped = {job_id for job_id, attempt in ended.items() if attempt is None}

    assert stopped <= {victim.job_id for victim in doomed}
    for job_id in ended.keys() - stopped:
        entry = fake.books.history[prompt_id(job_id, ended[job_id])]
        assert entry["status"]["status_str"] == "success"
    return len(stopped)


async def test_random_stops_touch_no_other_job(fake, engine, make_run):
    chance = random.Random(7)
    runs = [make_run(turns(chance, number)) for number in range(60)]

    assert await stop_at_random(fake, engine, runs, chance) > 0


WAVES = int(os.environ.get("GREENROOM_STOP_WAVES", "50"))
"""Of forty runs each; 250 make ten thousand, which take minutes."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fake", ["0.33.0"], indirect=True)
async def test_thousands_of_random_interleavings_of_stops_touch_no_other_job(
    fake, engine, make_run
):
    chance = random.Random(11)
    stopped = 0
    for wave in range(WAVES):
        runs = [make_run(turns(chance, wave * 40 + number)) for number in range(40)]
        stopped += await stop_at_random(fake, engine, runs, chance)

    assert stopped > 0


def turns(chance, number):
    """A run of random length; no two are alike, so that the cache answers for none."""
    return {
        "work": {"class_type": "Turns", "inputs": {"turns": chance.randrange(150), "n": number}},
        "out": {"class_type": "PreviewAny", "inputs": {"source": ["work", 0]}},
    }


async def foreign_run(fake, graph):
    identity = new_job_id()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{fake.url}/prompt", json={"prompt": graph, "prompt_id": identity}) as answer,
    ):
        assert answer.status == 200
    return identity
