"""How whole graphs run: lists, lazy inputs, order, size."""

from tests.conformance.engine import Notes
from tests.engine.cpu.graphs import empty, make_run, node

from greenroom.domain.ids import new_job_id
from greenroom.domain.run import NodeFinished, NodeStarted
from greenroom.engine.base import Run
from greenroom.engine.cpu.engine import CpuEngine


def text(value: object) -> dict:
    return node("PreviewAny", source=value)


async def shown(engine: CpuEngine, graph: dict) -> dict[str, list]:
    result = await engine.run(make_run(graph), Notes())
    return {node_id: output["text"] for node_id, output in result.outputs.items()}


async def test_a_list_runs_the_nodes_behind_it_once_for_each_value(engine: CpuEngine):
    graph = {
        "1": empty(100, 64),
        "2": node("SplitImageToTileList", image=["1", 0], tile_width=64, tile_height=64, overlap=0),
        "3": node("GetImageSize", image=["2", 0]),
        "4": node("PreviewAny", source=["3", 0]),
        "5": node(
            "ImageMergeTileList",
            image_list=["2", 0],
            final_width=100,
            final_height=64,
            overlap=0,
        ),
        "6": node("GetImageSize", image=["5", 0]),
        "7": node("PreviewAny", source=["6", 0]),
    }
    assert await shown(engine, graph) == {"4": ["64", "64"], "7": ["100"]}


async def test_only_the_chosen_branch_runs_and_its_choice_starts_twice(engine: CpuEngine):
    graph = {
        "1": node("PrimitiveBoolean", value=False),
        "2": node("PrimitiveString", value="no"),
        "3": node("ComfyMathExpression", expression="1 / 0", **{"values.a": 1.0}),
        "4": node("ComfySwitchNode", switch=["1", 0], on_false=["2", 0], on_true=["3", 0]),
        "5": text(["4", 0]),
    }
    notes = Notes()
    result = await engine.run(make_run(graph), notes)
    assert result.outputs["5"]["text"] == ["no"]
    started = [event.node.node_id for event in notes.of(NodeStarted)]
    assert started == ["1", "4", "2", "4", "5"]
    finished = [event.node.node_id for event in notes.of(NodeFinished)]
    assert finished == ["1", "2", "4", "5"]


async def test_grouped_inputs_keep_their_order(engine: CpuEngine):
    graph = {
        "1": node("PrimitiveInt", value=9),
        "2": node(
            "ComfyMathExpression",
            expression="values[0] * 10 + b",
            **{"values.a": ["1", 0], "values.b": 2},
        ),
        "3": text(["2", 1]),
    }
    assert await shown(engine, graph) == {"3": ["92"]}


async def test_parts_of_a_growing_input_go_by_their_names_whatever_their_order(engine: CpuEngine):
    graph = {"2": text(["1", 1])}
    parts = {"values.b": 2, "values.zz": 5, "values.a": 9, "value": 7, "expression.a": 8}
    graph["1"] = node("ComfyMathExpression", expression="values[0] * 10 + values[1]", **parts)
    assert await shown(engine, graph) == {"2": ["92"]}


async def test_only_the_inputs_of_the_choice_made_reach_a_node(engine: CpuEngine):
    size = {"resize_type": "scale width", "resize_type.width": 4, "resize_type.crop": "center"}
    graph = {
        "1": empty(),
        "2": node("ResizeImageMaskNode", input=["1", 0], scale_method="area", **size),
        "3": node("GetImageSize", image=["2", 0]),
        "4": text(["3", 1]),
    }
    assert await shown(engine, graph) == {"4": ["4"]}


async def test_inputs_that_a_class_does_not_declare_are_ignored(engine: CpuEngine):
    graph = {"1": node("PrimitiveInt", value=9, colour="red"), "2": text(["1", 0])}
    assert await shown(engine, graph) == {"2": ["9"]}


async def test_nodes_that_lead_to_no_wanted_output_do_not_run_whatever_they_hold(engine):
    graph = {
        "1": node("PrimitiveInt", value=9),
        "2": text(["1", 0]),
        "3": text(["1", 0]),
        "4": {"class_type": "Unheard"},
        "5": None,
        "6": {"class_type": "ImageInvert", "inputs": {"image": ["99", 0]}},
    }
    notes = Notes()
    await engine.run(Run(new_job_id(), 1, graph, ("2",)), notes)
    assert [event.node.node_id for event in notes.of(NodeStarted)] == ["1", "2"]


async def test_two_nodes_that_do_the_same_run_once(engine: CpuEngine):
    graph = {
        "1": node("PrimitiveString", value="x"),
        "2": node("StringLength", string=["1", 0]),
        "3": node("StringLength", string=["1", 0]),
        "4": text(["2", 0]),
        "5": text(["3", 0]),
    }
    notes = Notes()
    result = await engine.run(make_run(graph), notes)
    assert {output["text"][0] for output in result.outputs.values()} == {"1"}
    assert len(notes.of(NodeStarted)) == 3


async def test_an_output_runs_as_soon_as_it_can(engine: CpuEngine):
    graph = {"1": node("PrimitiveString", value="x"), "late": text(["8", 0])}
    for i in range(2, 9):
        graph[str(i)] = node("StringReplace", string=[str(i - 1), 0], find="a", replace=str(i))
    graph["early"] = text(["1", 0])
    notes = Notes()
    await engine.run(make_run(graph), notes)
    assert [event.node.node_id for event in notes.of(NodeStarted)][:2] == ["1", "early"]


async def test_a_chain_of_three_thousand_nodes_runs(engine: CpuEngine):
    graph = {"0": node("PrimitiveString", value="x")}
    for i in range(1, 3000):
        before = [str(i - 1), 0]
        graph[str(i)] = node("StringConcatenate", string_a=before, string_b="", delimiter="")
    graph["end"] = text(["2999", 0])
    assert await shown(engine, graph) == {"end": ["x"]}


async def test_a_picture_in_the_middle_is_shown_again_when_it_comes_from_the_cache(engine):
    region = {"x": 0, "y": 0, "width": 4, "height": 4}
    graph = {
        "1": empty(),
        "2": node("ImageCropV2", image=["1", 0], crop_region=region),
        "3": node("PreviewImage", images=["2", 0]),
    }
    first = await engine.run(make_run(graph), Notes())
    assert set(first.outputs) == {"2", "3"}
    second = await engine.run(make_run(graph), Notes())
    assert second.outputs == first.outputs
    assert second.outputs_reused
