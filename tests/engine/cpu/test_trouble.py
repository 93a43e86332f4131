"""What a person is told when a node cannot do what it was asked."""

from pathlib import Path

import pytest
from tests.conformance.engine import Notes
from tests.engine.cpu.graphs import empty, make_run, node

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.run import NodeOutput
from greenroom.engine.base import EngineError
from greenroom.engine.cpu.engine import CpuEngine

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def failure_of(engine: CpuEngine, graph: dict, inputs=None, notes=None) -> Failure:
    with pytest.raises(EngineError) as caught:
        await engine.run(make_run(graph, inputs), notes or Notes())
    return caught.value.failure


def loading(name: str = "x.png") -> dict:
    return {"1": node("LoadImage", image=name), "2": node("PreviewImage", images=["1", 0])}


async def test_a_graph_that_needs_more_memory_than_there_is(shared_engine: CpuEngine):
    graph = {
        "1": empty(16384, 16384, batch=4096),
        "2": node("PreviewImage", images=["1", 0]),
    }
    failure = await failure_of(shared_engine, graph)
    assert failure.kind is FailureClass.OUT_OF_MEMORY
    assert failure.node_id == "1"


async def test_more_memory_than_the_process_may_have(tmp_path: Path):
    engine = CpuEngine(tmp_path / "engine", memory_limit=1 << 30)
    await engine.start()
    graph = {"1": empty(8192, 8192, batch=2), "2": node("PreviewImage", images=["1", 0])}
    failure = await failure_of(engine, graph)
    assert failure.kind is FailureClass.OUT_OF_MEMORY
    await engine.run(make_run({"1": empty(), "2": node("PreviewImage", images=["1", 0])}), Notes())
    await engine.stop()


async def test_a_picture_of_more_pixels_than_allowed_is_not_decoded(tmp_path: Path, picture):
    engine = CpuEngine(tmp_path / "engine", pixel_limit=47)
    await engine.start()
    failure = await failure_of(engine, loading(), {"x.png": picture(size=(8, 6))})
    await engine.stop()
    assert failure.message == "The picture has 48 pixels; at most 47 are allowed."


async def test_a_file_that_is_no_picture(shared_engine: CpuEngine, tmp_path: Path):
    (tmp_path / "blob").write_text("not a picture")
    failure = await failure_of(shared_engine, loading(), {"x.png": tmp_path / "blob"})
    assert failure.message == "cannot identify image file 'x.png'"
    assert failure.comfy["exception_type"] == "PIL.UnidentifiedImageError"


async def test_a_playlist_is_not_followed(shared_engine: CpuEngine, tmp_path: Path, picture):
    """What the video library would open by itself could name any file of this machine."""
    playlist = tmp_path / "list"
    playlist.write_text(f"ffconcat version 1.0\nfile '{picture('secret.png')}'\n")
    failure = await failure_of(shared_engine, loading(), {"x.png": playlist})
    assert failure.comfy["exception_type"] == "PIL.UnidentifiedImageError"


async def test_a_file_that_the_run_was_not_given(shared_engine: CpuEngine):
    failure = await failure_of(shared_engine, loading("../../etc/passwd"))
    assert failure.comfy["exception_type"] == "FileNotFoundError"


async def test_a_prefix_that_leads_out_of_the_folder(shared_engine: CpuEngine):
    save = node("SaveImage", images=["1", 0], filename_prefix="../../escaped")
    failure = await failure_of(shared_engine, {"1": empty(), "2": save})
    assert "outside the output folder" in failure.message


async def test_an_error_tells_the_inputs_and_the_frames_but_no_folder_of_this_machine(
    shared_engine: CpuEngine, tmp_path: Path
):
    save = node("SaveImage", images=["1", 0], filename_prefix="n" * 300)
    failure = await failure_of(shared_engine, {"1": empty(color=5), "2": save})
    assert failure.comfy["current_inputs"]["filename_prefix"] == ["n" * 300]
    assert failure.comfy["current_outputs"] == ["1", "2"]
    assert failure.comfy["executed"] == ["1"]
    told = failure.message + "".join(failure.comfy["traceback"])
    assert "greenroom/engine/cpu/nodes/save.py" in told
    assert str(tmp_path.parent) not in told
    assert str(Path.cwd()) not in told


async def test_outputs_made_before_a_failure_were_shown(shared_engine: CpuEngine):
    graph = {
        "1": empty(color=3),
        "2": node("PreviewImage", images=["1", 0]),
        "3": node("ComfyMathExpression", expression="a / 0", **{"values.a": 1.0}),
        "4": node("PreviewAny", source=["3", 0]),
    }
    notes = Notes()
    failure = await failure_of(shared_engine, graph, notes=notes)
    assert failure.node_id == "3"
    assert failure.comfy["exception_message"] == "float division by zero\n"
    assert [event.node.node_id for event in notes.of(NodeOutput)] == ["2"]


async def test_a_graph_with_a_link_to_nowhere(shared_engine: CpuEngine):
    failure = await failure_of(shared_engine, {"2": node("PreviewImage", images=["9", 0])})
    assert failure.kind is FailureClass.INVALID_GRAPH


async def test_a_graph_that_goes_in_a_circle(shared_engine: CpuEngine):
    graph = {
        "1": node("ImageInvert", image=["2", 0]),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("PreviewImage", images=["1", 0]),
    }
    failure = await failure_of(shared_engine, graph)
    assert "cycle" in failure.message


async def test_half_a_character_is_shown_as_unknown(shared_engine: CpuEngine):
    graph = {
        "1": node("PrimitiveString", value="a\ud800"),
        "2": node("PreviewAny", source=["1", 0]),
    }
    result = await shared_engine.run(make_run(graph), Notes())
    assert result.outputs["2"] == {"text": ["a?"]}


async def test_a_deeply_nested_input_is_no_trouble(shared_engine: CpuEngine):
    deep: list = []
    for _ in range(600):
        deep = [deep]
    graph = {"1": node("PreviewAny", source=deep)}
    result = await shared_engine.run(make_run(graph), Notes())
    assert "[" in result.outputs["1"]["text"][0]


async def test_numbers_of_any_size_can_be_shown_and_reported(shared_engine: CpuEngine):
    graph = {
        "1": node("PrimitiveInt", value=10**30),
        "2": node("PreviewAny", source=["1", 0]),
        "3": node("EmptyImage", width=["1", 0], height=8, batch_size=1, color=0),
        "4": node("PreviewImage", images=["3", 0]),
    }
    notes = Notes()
    failure = await failure_of(shared_engine, graph, notes=notes)
    assert notes.of(NodeOutput)[0].output == {"text": ["1" + "0" * 30]}
    assert failure.comfy["current_inputs"]["width"] == ["1" + "0" * 30]
