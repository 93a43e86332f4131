"""Runs end by what queue and history say, whatever becomes of the socket."""

import asyncio

from greenroom.domain.run import NodeFinished, NodeOutput, NodeStarted, RunStarted


async def finish_held(fake):
    fake.gate("gate").opened.set()


async def test_a_mute_socket_delays_nothing_but_the_events(fake, engine, make_run, sink, held):
    fake.sockets.mute = True
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await fake.gate("gate").reached.wait()
    fake.gate("gate").opened.set()

    result = await running

    assert result.outputs == {"out": {"text": ["gate"]}}
    assert isinstance(sink.events[0], RunStarted)
    assert sink.of(NodeOutput)[0].output == {"text": ["gate"]}


async def test_a_socket_that_comfyui_has_forgotten_is_opened_anew(
    fake, engine, make_run, sink, held
):
    await fake.until(lambda: fake.sockets.opened == 1)
    fake.sockets.deafen()
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await fake.gate("gate").reached.wait()
    fake.gate("gate").opened.set()
    await running

    await fake.until(lambda: fake.sockets.opened > 1)
    fake.gate("next").opened.set()
    await engine.run(make_run(held("next")), sink)

    assert sink.of(NodeStarted)


async def test_a_closed_socket_is_opened_again_and_the_run_goes_on(
    fake, engine, make_run, sink, held
):
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)
    await fake.sockets.close()
    await fake.until(lambda: fake.sockets.opened > 1)
    await sink.until(NodeStarted)
    fake.gate("gate").opened.set()

    result = await running

    assert result.outputs == {"out": {"text": ["gate"]}}
    assert fake.books.accepted == list(fake.books.history)
    assert sink.of(NodeFinished)


async def test_a_run_that_ends_while_the_socket_is_away_is_not_missed(
    fake, engine, make_run, sink, held
):
    running = asyncio.create_task(engine.run(make_run(held()), sink))
    await sink.until(NodeStarted)
    await fake.refuse()
    fake.gate("gate").opened.set()
    await fake.until(lambda: fake.books.history)
    await fake.accept()

    result = await running

    assert result.outputs == {"out": {"text": ["gate"]}}
    assert len(sink.of(NodeOutput)) == 1
    assert len(fake.books.accepted) == 1
