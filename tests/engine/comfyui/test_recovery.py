"""Lost answers, restarts on either side, and what is left of the runs."""

import asyncio
from dataclasses import replace

import pytest
from tests.engine.comfyui.conftest import Sink

from greenroom.domain.failure import FailureClass
from greenroom.domain.run import NodeOutput, NodeStarted
from greenroom.engine.base import EngineError, Interrupted
from greenroom.engine.comfyui.liveness import HealthStatus

TEXT = {"out": {"class_type": "PreviewAny", "inputs": {"source": "hello"}}}


def result_text(result):
    return result.outputs["out"]["text"]


async def failure_of(running):
    with pytest.raises(EngineError) as caught:
        await running
    return caught.value.failure


async def test_a_lost_answer_to_the_submission_does_not_run_the_graph_twice(
    fake, engine, make_run, sink
):
    fake.lose_answers = 1

    result = await engine.run(make_run(TEXT), sink)

    assert result_text(result) == ["hello"]
    assert len(fake.books.accepted) == 1


async def test_a_submission_that_never_arrived_is_sent_again(fake, engine, make_run, sink):
    fake.lose_requests = 2

    result = await engine.run(make_run(TEXT), sink)

    assert result_text(result) == ["hello"]
    assert len(fake.books.accepted) == 1


async def test_a_submission_waits_for_a_comfyui_that_is_away_for_a_moment(
    fake, engine, make_run, sink
):
    await fake.refuse()
    running = asyncio.create_task(engine.run(make_run(TEXT), sink))
    await fake.accept()

    assert result_text(await running) == ["hello"]


async def test_one_internal_error_at_submission_is_overcome(fake, engine, make_run, sink):
    fake.crashes["/prompt"] = 1

    assert result_text(await engine.run(make_run(TEXT), sink)) == ["hello"]
    assert len(fake.books.accepted) == 1


async def test_a_graph_that_comfyui_cannot_digest_is_refused(fake, engine, make_run, sink):
    fake.crashes["/prompt"] = 1000

    failure = await failure_of(engine.run(make_run(TEXT), sink))

    assert failure.kind is FailureClass.INVALID_GRAPH
    assert fake.requests.count("POST /prompt") == 2


async def test_internal_errors_while_a_run_is_followed_are_overcome(
    fake, engine, make_run, sink, held
):
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)
    fake.crashes["/queue"] = 3
    await fake.until(lambda: fake.crashes["/queue"] == 0)
    fake.gate("gate").opened.set()

    assert result_text(await running) == ["gate"]


async def test_a_comfyui_that_crashed_and_came_back_has_lost_the_run(
    fake, engine, make_run, sink, held
):
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)
    await fake.crash()
    await fake.restart()

    failure = await failure_of(running)

    assert failure.kind is FailureClass.WORKER_LOST
    assert "restarted" in failure.message


async def test_after_a_crash_the_next_attempt_runs_on_the_same_engine(
    fake, engine, make_run, sink, held
):
    run = make_run(held())
    running = asyncio.create_task(engine.run(run, sink))
    await sink.until(NodeStarted)
    await fake.crash()
    await fake.restart()
    await failure_of(running)
    fake.gate("gate").opened.set()

    result = await engine.run(make_run(held(), job_id=run.job_id, attempt=2), sink)

    assert result_text(result) == ["gate"]


async def test_a_comfyui_that_stays_away_costs_the_run_and_is_shown_as_down(
    fake, make_engine, make_run, sink, held
):
    states = []
    engine = await make_engine(fake, unreachable=0.05, on_health=states.append)
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)
    await fake.crash()

    failure = await failure_of(running)

    assert failure.kind is FailureClass.WORKER_LOST
    assert engine.health().status is HealthStatus.DOWN
    assert "connect" in engine.health().reason
    await fake.restart()
    await fake.until(lambda: states[-1].status is HealthStatus.UP)


async def test_a_run_whose_history_was_wiped_is_lost_not_done(fake, engine, make_run, sink, held):
    await fake.sockets.close()
    fake.sockets.mute = True
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await fake.gate("gate").reached.wait()
    fake.books.on_finish = fake.books.history.clear
    fake.gate("gate").opened.set()

    failure = await failure_of(running)

    assert failure.kind is FailureClass.WORKER_LOST


async def test_a_run_that_someone_else_took_from_the_queue_is_lost(
    fake, engine, make_run, sink, held
):
    first = asyncio.create_task(engine.run(make_run(held()), sink))
    await fake.gate("gate").reached.wait()
    second = asyncio.create_task(engine.run(make_run(TEXT), sink))
    await fake.until(lambda: fake.books.pending)
    fake.books.delete_pending(fake.books.pending[0].prompt_id)

    failure = await failure_of(second)

    assert failure.kind is FailureClass.WORKER_LOST
    assert "deleted" in failure.message
    fake.gate("gate").opened.set()
    await first


async def test_stopping_the_engine_leaves_the_run_in_comfyui_for_the_next_one(
    fake, make_engine, make_run, sink, held
):
    run = make_run(held())
    before = await make_engine(fake)
    running = asyncio.create_task(before.run(run, sink))
    await sink.until(NodeStarted)
    await before.stop()
    failure = await failure_of(running)
    assert failure.kind is FailureClass.WORKER_LOST

    after = await make_engine(fake, start_limit=0.05)
    heard_again = Sink()
    again = asyncio.create_task(after.run(run, heard_again))
    await heard_again.until(NodeStarted)
    looks = len(fake.requests) + 20
    await fake.until(lambda: len(fake.requests) >= looks)
    fake.gate("gate").opened.set()

    assert result_text(await again) == ["gate"]
    assert len(fake.books.accepted) == 1
    assert len(heard_again.of(NodeOutput)) == 1


async def test_a_run_that_ended_while_nobody_watched_is_collected(
    fake, make_engine, make_run, sink, held
):
    run = make_run(held())
    before = await make_engine(fake)
    running = asyncio.create_task(before.run(run, sink))
    await sink.until(NodeStarted)
    await before.stop()
    await failure_of(running)
    fake.gate("gate").opened.set()
    await fake.until(lambda: fake.books.history)

    after = await make_engine(fake)

    assert result_text(await after.attach(run, sink)) == ["gate"]
    assert sink.of(NodeOutput)[0].output == {"text": ["gate"]}
    assert len(fake.books.accepted) == 1


@pytest.fixture
def abandon(fake, make_engine, make_run, sink):
    """Leave a run behind in ComfyUI, inside its node, as a Greenroom does that is stopped."""

    async def leave(graph):
        before = await make_engine(fake)
        run = make_run(graph)
        running = asyncio.create_task(before.run(run, sink))
        await fake.gate("gate").reached.wait()
        await before.stop()
        await failure_of(running)
        return run

    return leave


async def test_the_next_attempt_takes_over_a_run_that_still_goes_on(
    fake, make_engine, abandon, held, sink
):
    run = await abandon(held())
    after = await make_engine(fake)

    running = asyncio.create_task(after.run(replace(run, attempt=2), sink))
    await fake.until(lambda: fake.sockets.opened > 1)
    fake.gate("gate").opened.set()

    assert result_text(await running) == ["gate"]
    assert len(fake.books.accepted) == 1


async def test_a_run_taken_over_can_be_stopped(fake, make_engine, abandon, held):
    run = await abandon(held())
    after = await make_engine(fake)
    heard_again = Sink()
    running = asyncio.create_task(after.run(replace(run, attempt=2), heard_again))
    await heard_again.until(NodeStarted)

    await after.interrupt(run.job_id)

    with pytest.raises(Interrupted):
        await running


async def test_the_next_attempt_collects_what_an_earlier_one_made(
    fake, make_engine, abandon, held, sink
):
    run = await abandon(held())
    fake.gate("gate").opened.set()
    await fake.until(lambda: fake.books.history)
    after = await make_engine(fake)

    assert result_text(await after.run(replace(run, attempt=3), sink)) == ["gate"]
    assert len(fake.books.accepted) == 1


async def test_a_run_that_is_stopped_while_it_is_taken_over_is_tried_again(
    fake, make_engine, abandon, held, sink
):
    run = await abandon(held())
    after = await make_engine(fake)
    heard_again = Sink()
    running = asyncio.create_task(after.run(replace(run, attempt=2), heard_again))
    await heard_again.until(NodeStarted)
    fake.interrupt.set()
    assert (await failure_of(running)).kind is FailureClass.WORKER_LOST

    fake.gate("gate").opened.set()

    assert result_text(await after.run(replace(run, attempt=3), sink)) == ["gate"]
    assert len(fake.books.accepted) == 2


async def test_attaching_to_an_unknown_run_submits_nothing(fake, engine, make_run, sink):
    assert await engine.attach(make_run(TEXT), sink) is None
    assert fake.books.accepted == []


async def test_a_cancelled_caller_leaves_no_follower_behind(fake, engine, make_run, sink, held):
    run = make_run(held())
    running = asyncio.create_task(engine.run(run, sink))
    await sink.until(NodeStarted)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    fake.gate("gate").opened.set()

    assert result_text(await engine.run(run, sink)) == ["gate"]
    assert len(fake.books.accepted) == 1
