"""A run through ComfyUI, when all goes well."""

import asyncio

import pytest
from tests.engine.comfyui.conftest import Sink
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.failure import FailureClass
from greenroom.domain.run import (
    NodeBlocked,
    NodeFinished,
    NodeOutput,
    NodesCached,
    NodeStarted,
    NodeStepped,
    NodeText,
    Preview,
    PreviewFormat,
    RunStarted,
)
from greenroom.engine.base import EngineError
from greenroom.engine.comfyui.identity import prompt_id

NAN = float("nan")
TEXT = {
    "say": {"class_type": "PrimitiveString", "inputs": {"value": "hello"}},
    "out": {"class_type": "PreviewAny", "inputs": {"source": ["say", 0]}},
}
PICTURE = {
    "make": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16}},
    "out": {"class_type": "SaveImage", "inputs": {"images": ["make", 0], "filename_prefix": "a/b"}},
}


async def test_events_come_in_comfyuis_order_and_the_result_is_its_history(engine, make_run, sink):
    result = await engine.run(make_run(TEXT), sink)

    assert result.outputs == {"out": {"text": ["hello"]}}
    assert result.meta["out"]["real_node_id"] == "out"
    assert not result.outputs_reused
    assert [type(event) for event in sink.events] == [
        RunStarted,
        NodesCached,
        NodeStarted,
        NodeFinished,
        NodeStarted,
        NodeOutput,
        NodeFinished,
    ]


async def test_a_run_that_no_engine_knows_is_handed_over_without_looking_for_it(
    fake, engine, make_run, sink
):
    result = await engine.run(make_run(TEXT, fresh=True), sink)

    assert result.outputs == {"out": {"text": ["hello"]}}
    posted = fake.requests.index("POST /prompt")
    assert not [request for request in fake.requests[:posted] if "/history" in request]


async def test_every_kind_of_output_is_passed_on_as_it_is(engine, make_run, sink):
    ui = {
        "images": [{"filename": "a.webp", "subfolder": "x", "type": "output"}],
        "animated": [True],
        "gifs": [{"filename": "v.mp4", "subfolder": "", "type": "output", "format": "video/mp4"}],
        "audio": [{"filename": "s.flac", "subfolder": "", "type": "temp"}],
        "3d": [{"filename": "m.glb", "subfolder": "", "type": "output"}],
        "result": ["mesh.glb"],
        "latents": [{"filename": "l.latent", "subfolder": "", "type": "output"}],
        "text": ["some text"],
    }
    graph = {"out": {"class_type": "Emit", "inputs": {"ui": ui, "text": "under way"}}}

    result = await engine.run(make_run(graph), sink)

    assert result.outputs == {"out": ui}
    assert sink.of(NodeOutput)[0].output == ui
    assert sink.of(NodeText) == [NodeText("out", "under way")]


async def test_steps_and_previews_are_relayed_once_each(engine, make_run, sink):
    graph = {
        "work": {"class_type": "Steps", "inputs": {"steps": 5, "preview": True}},
        "out": {"class_type": "PreviewAny", "inputs": {"source": ["work", 0]}},
    }

    await engine.run(make_run(graph), sink)

    assert [step.value for step in sink.of(NodeStepped)] == [1, 2, 3, 4, 5]
    previews = sink.of(Preview)
    assert len(previews) == 5
    assert {(each.node.node_id, each.format) for each in previews} == {("work", PreviewFormat.JPEG)}


async def test_a_long_graph_gives_a_few_events_for_each_node(engine, make_run, sink):
    length = 200
    graph = {"0": {"class_type": "EmptyImage", "inputs": {}}}
    for number in range(1, length):
        graph[str(number)] = {"class_type": "Blur", "inputs": {"image": [str(number - 1), 0]}}
    graph["out"] = {"class_type": "PreviewAny", "inputs": {"source": [str(length - 1), 0]}}

    await engine.run(make_run(graph), sink)

    assert len(sink.events) == 2 * (length + 1) + 3


async def test_a_run_served_from_the_cache_says_so(engine, make_run, sink):
    first = await engine.run(make_run(PICTURE), sink)
    second = await engine.run(make_run(PICTURE), sink)

    assert not first.outputs_reused
    assert second.outputs_reused
    assert second.outputs == first.outputs
    assert sink.of(NodeOutput)[-1].cached


async def test_a_blocked_node_is_reported_and_the_run_goes_on(engine, make_run, sink):
    graph = {
        "no": {"class_type": "Block", "inputs": {"message": "not today"}},
        "out": {"class_type": "PreviewAny", "inputs": {"source": "x"}},
    }

    result = await engine.run(make_run(graph, outputs=("no", "out")), sink)

    assert sink.of(NodeBlocked)[0].comfy["exception_message"] == "not today"
    assert list(result.outputs) == ["out"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (("RuntimeError", "shapes do not match"), FailureClass.NODE_ERROR),
        (("torch.OutOfMemoryError", "Allocation on device"), FailureClass.OUT_OF_MEMORY),
        (("RuntimeError", "CUDA error: an illegal memory access"), FailureClass.GPU_FAULT),
    ],
)
async def test_a_failing_node_ends_the_run_with_its_class(engine, make_run, sink, error, expected):
    kind, message = error
    graph = {
        "early": {"class_type": "PreviewAny", "inputs": {"source": "made before"}},
        "bad": {"class_type": "Fail", "inputs": {"type": kind, "message": message}},
        "out": {"class_type": "PreviewAny", "inputs": {"source": ["bad", 0]}},
    }

    with pytest.raises(EngineError) as caught:
        await engine.run(make_run(graph, outputs=("early", "out")), sink)

    failure = caught.value.failure
    assert failure.kind is expected
    assert (failure.node_id, failure.node_type) == ("bad", "Fail")
    assert failure.message == message
    assert sink.of(NodeOutput)[0].node.node_id == "early"


async def test_a_refused_graph_fails_with_comfyuis_own_answer(engine, make_run, sink):
    graph = {
        "load": {"class_type": "LoadImage", "inputs": {"image": "missing.png"}},
        "out": {"class_type": "SaveImage", "inputs": {"images": ["load", 0]}},
    }

    with pytest.raises(EngineError) as caught:
        await engine.run(make_run(graph), sink)

    assert caught.value.failure.kind is FailureClass.INVALID_GRAPH
    assert "missing.png" in caught.value.failure.message
    assert set(caught.value.failure.comfy) == {"error", "node_errors"}


async def test_an_output_that_comfyui_would_drop_in_silence_fails_the_run(
    fake, engine, make_run, sink
):
    graph = {
        **TEXT,
        "load": {"class_type": "LoadImage", "inputs": {"image": "missing.png"}},
        "picture": {"class_type": "SaveImage", "inputs": {"images": ["load", 0]}},
    }

    with pytest.raises(EngineError) as caught:
        await engine.run(make_run(graph, outputs=("out", "picture")), sink)

    assert caught.value.failure.kind is FailureClass.INVALID_GRAPH
    assert fake.books.pending == []


async def test_only_the_wanted_outputs_run(engine, make_run, sink):
    graph = {**TEXT, "more": {"class_type": "PreviewAny", "inputs": {"source": "unwanted"}}}

    result = await engine.run(make_run(graph), sink)

    assert list(result.outputs) == ["out"]


async def test_a_retry_has_a_prompt_id_of_its_own(fake, engine, make_run, sink):
    failing = {**TEXT, "out": {"class_type": "PreviewAny", "inputs": {"source": ["bad", 0]}}}
    failing["bad"] = {"class_type": "Fail", "inputs": {}}
    first = make_run(failing)
    with pytest.raises(EngineError):
        await engine.run(first, sink)

    await engine.run(make_run(TEXT, job_id=first.job_id, attempt=2), sink)

    assert fake.books.accepted == [prompt_id(first.job_id, 1), prompt_id(first.job_id, 2)]


async def test_two_runs_at_once_keep_their_events_apart(fake, engine, make_run, held):
    sinks = {}

    async def run(word):
        sinks[word] = Sink()
        return await engine.run(make_run(held(word)), sinks[word])

    runs = [asyncio.create_task(run(word)) for word in ("one", "two")]
    await fake.until(lambda: len(fake.books.accepted) == 2)
    for word in ("one", "two"):
        fake.gate(word).opened.set()
    results = await asyncio.gather(*runs)

    assert [result.outputs["out"]["text"] for result in results] == [["one"], ["two"]]
    for word, sink in sinks.items():
        assert sink.of(NodeOutput)[0].output == {"text": [word]}
        assert len(sink.of(NodeOutput)) == 1


async def test_the_same_attempt_is_not_followed_twice_at_once(fake, engine, make_run, sink, held):
    run = make_run(held())
    first = asyncio.create_task(engine.run(run, sink))
    await fake.gate("gate").reached.wait()

    with pytest.raises(AppError) as caught:
        await engine.run(run, sink)

    assert caught.value.code is ErrorCode.CONFLICT
    fake.gate("gate").opened.set()
    await first


async def test_numbers_that_json_does_not_know_are_no_obstacle(fake, engine, make_run, sink):
    def leave_a_mark():
        for entry in fake.books.history.values():
            entry["prompt"][2]["say"]["is_changed"] = [NAN]

    fake.books.on_finish = leave_a_mark

    assert (await engine.run(make_run(TEXT), sink)).outputs == {"out": {"text": ["hello"]}}


async def test_object_info_is_comfyuis(engine):
    info = await engine.object_info()

    assert info["SaveImage"]["output_node"]


async def test_freeing_memory_empties_comfyuis_cache(engine, make_run, sink):
    await engine.run(make_run(PICTURE), sink)
    await engine.free(unload_models=True, free_memory=True)

    assert not (await engine.run(make_run(PICTURE), sink)).outputs_reused


@pytest.mark.parametrize("version", ["0.3.30", "0.3.64", "0.38.1"])
async def test_servers_of_every_age_serve_a_run(tmp_path, make_engine, make_run, sink, version):
    async with FakeComfyUI(tmp_path / "old", version=version) as old:
        engine = await make_engine(old)
        result = await engine.run(make_run(TEXT), sink)

    assert result.outputs == {"out": {"text": ["hello"]}}
    assert [event.node.node_id for event in sink.of(NodeStarted)] == ["say", "out"]
