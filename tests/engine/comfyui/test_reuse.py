"""Runs that an older ComfyUI serves from its cache: it leaves out what cached nodes showed."""

import asyncio

import pytest
from tests.engine.comfyui.conftest import Sink
from tests.fakes.comfyui_books import Item

from greenroom.domain.ids import new_job_id
from greenroom.domain.run import NodeFinished, NodeOutput, NodesCached, RunStarted
from greenroom.engine.base import InputFile, Interrupted
from greenroom.engine.comfyui.identity import again_id, prompt_id

PICTURE = {
    "make": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16}},
    "out": {"class_type": "SaveImage", "inputs": {"images": ["make", 0], "filename_prefix": "a/b"}},
}
FIRST = {"images": [{"filename": "b_00001_.png", "subfolder": "a", "type": "output"}]}
SECOND = {"images": [{"filename": "b_00002_.png", "subfolder": "a", "type": "output"}]}


@pytest.fixture(autouse=True)
def _older(fake):
    fake.forgets_cached_outputs = True


async def test_a_cached_run_shows_what_the_earlier_one_showed(fake, engine, make_run, sink):
    await engine.run(make_run(PICTURE), Sink())

    again = await engine.run(make_run(PICTURE), sink)

    assert again.outputs == {"out": FIRST}
    assert again.meta["out"]["real_node_id"] == "out"
    assert again.outputs_reused
    assert [(event.output, event.cached) for event in sink.of(NodeOutput)] == [(FIRST, True)]
    assert len(fake.books.accepted) == 2


async def test_the_same_work_is_found_under_other_node_ids(fake, engine, make_run, sink):
    await engine.run(make_run(PICTURE), Sink())
    renamed = {
        "7": PICTURE["make"],
        "9": {**PICTURE["out"], "inputs": {"filename_prefix": "a/b", "images": ["7", 0]}},
    }

    again = await engine.run(make_run(renamed, outputs=("9",)), sink)

    assert again.outputs == {"9": FIRST}
    assert again.meta["9"] == {
        "node_id": "9",
        "display_node": "9",
        "parent_node": None,
        "real_node_id": "9",
    }
    assert len(fake.books.accepted) == 2


async def test_only_what_was_left_out_is_filled_in(fake, engine, make_run, sink):
    await engine.run(make_run(PICTURE), Sink())
    more = {**PICTURE, "new": {"class_type": "PreviewAny", "inputs": {"source": "new"}}}

    result = await engine.run(make_run(more, outputs=("out", "new")), sink)

    assert result.outputs == {"out": FIRST, "new": {"text": ["new"]}}
    assert sorted(event.node.node_id for event in sink.of(NodeOutput)) == ["new", "out"]


async def test_an_engine_that_is_new_finds_it_in_comfyuis_history(
    fake, engine, make_engine, make_run, sink
):
    await engine.run(make_run(PICTURE), Sink())
    successor = await make_engine(fake)

    assert (await successor.run(make_run(PICTURE), sink)).outputs == {"out": FIRST}


async def test_without_the_earlier_run_the_output_nodes_run_again(fake, engine, make_run, sink):
    await engine.run(make_run(PICTURE), Sink())
    fake.books.history.clear()
    run = make_run(PICTURE)

    result = await engine.run(run, sink)

    assert result.outputs == {"out": SECOND}
    assert not result.outputs_reused
    assert [event.output for event in sink.of(NodeOutput)] == [SECOND]
    assert len(sink.of(RunStarted)) == len(sink.of(NodesCached)) == 1
    assert [event.node.node_id for event in sink.of(NodeFinished)] == ["out"]
    own = prompt_id(run.job_id, 1)
    assert fake.books.accepted[1:] == [own, again_id(own)]


async def test_files_that_are_gone_are_made_again(fake, engine, make_run, sink):
    first = await engine.run(make_run(PICTURE), Sink())
    for item in first.outputs["out"]["images"]:
        fake.folders.find(item["filename"], item["type"], item["subfolder"]).unlink()

    result = await engine.run(make_run(PICTURE), sink)

    item = result.outputs["out"]["images"][0]
    assert fake.folders.find(item["filename"], item["type"], item["subfolder"]).exists()


async def test_a_node_that_showed_nothing_when_it_ran_is_not_run_again(
    fake, engine, make_run, sink
):
    silent = {"out": {"class_type": "Emit", "inputs": {}}}
    await engine.run(make_run(silent), Sink())

    result = await engine.run(make_run(silent), sink)

    assert result.outputs == {}
    assert len(fake.books.accepted) == 2


async def test_another_file_under_the_same_name_is_another_run(
    fake, engine, make_run, sink, tmp_path
):
    graph = {
        "load": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        "out": {
            "class_type": "SaveImage",
            "inputs": {"images": ["load", 0], "filename_prefix": "a/b"},
        },
    }
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"one")
    other.write_bytes(b"other")

    shown = []
    for path in (one, other, one):
        file = InputFile("input", "", "x.png", path)
        result = await engine.run(make_run(graph, inputs=(file,)), sink)
        item = result.outputs["out"]["images"][0]
        shown.append(fake.folders.find(item["filename"], "output", "a").read_bytes())

    assert shown == [b"one", b"other", b"one"]


async def test_an_engine_that_comes_back_follows_the_second_run(
    fake, engine, make_engine, make_run, sink
):
    await engine.run(make_run(PICTURE), Sink())
    fake.books.history.clear()
    run = make_run(PICTURE)
    await engine.run(run, Sink())
    successor = await make_engine(fake)

    result = await successor.attach(run, sink)

    assert result.outputs == {"out": SECOND}
    assert len(fake.books.accepted) == 3


async def test_a_stop_reaches_the_second_run(fake, engine, make_run, sink, held):
    await engine.run(make_run(PICTURE), Sink())
    fake.books.history.clear()
    before_it = Item(-1, new_job_id(), held(), {}, ["out"])
    fake.books.on_finish = lambda: fake.books.put(before_it)
    run = make_run(PICTURE)
    running = asyncio.create_task(engine.run(run, sink))
    await fake.until(lambda: len(fake.books.accepted) == 4)

    await engine.interrupt(run.job_id)

    with pytest.raises(Interrupted):
        await running
    assert fake.books.is_running(before_it.prompt_id)
