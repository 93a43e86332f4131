"""A ComfyUI that answers but runs nothing is noticed, and so is its recovery."""

import asyncio

import pytest

from greenroom.domain.failure import FailureClass
from greenroom.domain.run import NodeStarted
from greenroom.engine.base import EngineError
from greenroom.engine.comfyui.liveness import HealthStatus

TEXT = {"out": {"class_type": "PreviewAny", "inputs": {"source": "hello"}}}
POISON = {**TEXT, "unused": {"class_type": "EmptyImage"}}


class States:
    """The health reports of an engine; `until` waits for one."""

    def __init__(self):
        self.seen = []
        self._changed = asyncio.Event()

    def __call__(self, health):
        self.seen.append(health)
        self._changed.set()

    async def until(self, status):
        while not self.seen or self.seen[-1].status is not status:
            self._changed.clear()
            await self._changed.wait()


@pytest.fixture
def states():
    return States()


async def stalled(running):
    with pytest.raises(EngineError) as caught:
        await running
    assert caught.value.failure.kind is FailureClass.STALLED
    return caught.value.failure


async def test_a_graph_that_kills_the_prompt_thread_is_noticed(
    fake, make_engine, make_run, sink, states
):
    engine = await make_engine(fake, start_limit=0.2, on_health=states)

    failure = await stalled(engine.run(make_run(POISON), sink))

    assert "prompt thread is dead" in failure.message
    assert engine.health().status is HealthStatus.STALLED
    assert fake.sockets.opened > 1


async def test_a_run_that_nothing_takes_up_is_noticed_and_withdrawn(
    fake, make_engine, make_run, sink
):
    engine = await make_engine(fake, start_limit=0.2)
    fake._end_thread()

    await stalled(engine.run(make_run(TEXT), sink))

    assert fake.books.pending == []


async def test_a_stalled_comfyui_is_up_again_after_its_restart_and_a_trial_run(
    fake, make_engine, make_run, sink, states
):
    engine = await make_engine(fake, start_limit=0.2, on_health=states, trial_runs=True)
    await stalled(engine.run(make_run(POISON), sink))
    assert engine.health().status is HealthStatus.STALLED

    await fake.crash()
    await fake.restart()
    await states.until(HealthStatus.UP)

    assert len(fake.books.accepted) == 1
    assert fake.books.history == {}
    assert (await engine.run(make_run(TEXT), sink)).outputs


@pytest.fixture
def abandon(fake, make_engine, make_run, sink):
    """Leave a run behind in ComfyUI, as a Greenroom does that is stopped."""

    async def leave(graph):
        before = await make_engine(fake)
        running = asyncio.create_task(before.run(make_run(graph), sink))
        await fake.until(lambda: fake.current is not None and fake.current.messages)
        await before.stop()
        with pytest.raises(EngineError):
            await running

    return leave


async def test_a_later_engine_finds_the_run_stuck_that_killed_the_prompt_thread(
    fake, make_engine, abandon, states
):
    await abandon(POISON)

    await make_engine(fake, start_limit=0.2, on_health=states)

    await states.until(HealthStatus.STALLED)
    assert "left over" in states.seen[-1].reason


async def test_a_later_engine_leaves_a_run_in_peace_that_is_inside_a_node(
    fake, make_engine, abandon, states, held
):
    await abandon(held())
    await fake.gate("gate").reached.wait()

    await make_engine(fake, on_health=states)

    await states.until(HealthStatus.UP)
    assert [health.status for health in states.seen] == [HealthStatus.UP]


async def test_what_waits_behind_a_stuck_run_is_withdrawn_with_it(
    fake, make_engine, make_run, sink
):
    engine = await make_engine(fake, start_limit=0.2)
    stuck = asyncio.create_task(engine.run(make_run(POISON), sink))
    await fake.until(lambda: fake.current is not None)

    await stalled(engine.run(make_run(TEXT), sink))
    await stalled(stuck)

    assert fake.books.pending == []


async def test_an_idle_comfyui_whose_prompt_thread_is_dead_is_found_by_a_trial_run(
    fake, make_engine, states
):
    fake._end_thread()
    await make_engine(fake, start_limit=0.2, on_health=states, trial_runs=True)

    await states.until(HealthStatus.STALLED)

    assert "trial run" in states.seen[-1].reason
    await fake.until(lambda: fake.books.pending == [])


async def test_a_slow_node_is_not_taken_for_a_dead_thread_even_by_a_socket_that_was_away(
    fake, make_engine, make_run, sink, held
):
    engine = await make_engine(fake, start_limit=0.05)
    fake.sockets.deafen()
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await fake.gate("gate").reached.wait()
    looks = len(fake.requests) + 20
    await fake.until(lambda: len(fake.requests) >= looks)
    fake.gate("gate").opened.set()

    assert (await running).outputs


async def test_a_slow_node_is_given_time_when_the_socket_says_nothing_at_all(
    fake, make_engine, make_run, sink, held
):
    fake.sockets.mute = True
    engine = await make_engine(fake, start_limit=0.05)
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await fake.gate("gate").reached.wait()
    looks = len(fake.requests) + 20
    await fake.until(lambda: len(fake.requests) >= looks)
    fake.gate("gate").opened.set()

    assert (await running).outputs


async def test_a_node_that_is_silent_for_too_long_ends_the_attempt_and_names_the_node(
    fake, make_engine, make_run, sink, held
):
    engine = await make_engine(fake, silence_limit=0.1)
    running = asyncio.create_task(engine.run(make_run(held(stubborn=True)), sink))
    await sink.until(NodeStarted)

    failure = await stalled(running)

    assert failure.node_id == "wait"
    assert fake.interrupt.is_set()


async def test_a_comfyui_that_is_not_there_yet_is_down_with_a_reason_and_then_up(
    fake, make_engine, states
):
    await fake.refuse()
    engine = await make_engine(fake, on_health=states)
    await states.until(HealthStatus.DOWN)
    assert "cannot connect" in engine.health().reason

    await fake.accept()
    await states.until(HealthStatus.UP)
