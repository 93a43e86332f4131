"""What a workflow of the library runs as: values, seeds, alternatives and dates."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from tests.fixtures import node_definitions
from tests.service.sample_workflows import EXAMPLE, MANIFEST, SAMPLE, draft, folder

from greenroom.domain.errors import AppError
from greenroom.domain.ids import WorkerId
from greenroom.domain.principal import Principal
from greenroom.engine.cpu.catalogue import object_info
from greenroom.service.workflow_binding import RunChoices
from greenroom.service.workflow_folder import load_workflow

ME = Principal()


async def test_parameters_set_their_inputs_and_defaults_the_others(library):
    version = (await library.publish(ME, folder())).version
    bound = await library.bind(ME, version, {"seed": 7, "note": "mine"})
    assert bound.graph["1"]["inputs"] == {"seed": 7, "steps": 12}
    assert bound.graph["2"] == SAMPLE["2"]
    assert bound.seeds == {"seed": 7}
    assert bound.params == {"seed": 7, "steps": 12, "note": "mine"}
    with pytest.raises(AppError, match="'steps' is 51, more than 50"):
        await library.bind(ME, version, {"steps": 51})


async def test_a_seed_of_minus_one_is_drawn_and_recorded(library):
    version = (await library.publish(ME, folder())).version
    bound = await library.bind(ME, version, {"seed": -1}, choices=RunChoices(draw=lambda _: 99))
    assert bound.graph["1"]["inputs"]["seed"] == 99
    assert bound.seeds == {"seed": 99}
    assert bound.params["seed"] == 99


async def test_a_seed_that_is_not_given_stays_unless_the_graph_leaves_it_open(library):
    version = (await library.publish(ME, folder())).version
    assert (await library.bind(ME, version, {})).seeds == {"seed": 42}
    opened = {**SAMPLE, "1": {"class_type": "Sampler", "inputs": {"seed": -1, "steps": 1}}}
    version = (await library.publish(ME, draft(opened, name="open.json"))).version
    bound = await library.bind(ME, version, {})
    assert 0 <= bound.seeds["seed"] <= 2**53
    assert bound.graph["1"]["inputs"]["seed"] == bound.seeds["seed"]


async def test_seeds_that_no_input_stands_for_are_recorded_by_their_node(library):
    graph = {
        **SAMPLE,
        "5": {"class_type": "Sampler", "inputs": {"seed": -1, "steps": 1}},
        "6": {"class_type": "Show", "inputs": {"value": ["5", 0]}},
    }
    version = (await library.publish(ME, folder(**{"workflow.json": json.dumps(graph)}))).version
    first = await library.bind(ME, version, {"seed": -1})
    assert set(first.seeds) == {"seed", "5.seed"}
    retry = await library.bind(ME, version, {"seed": -1}, choices=RunChoices(seeds=first.seeds))
    assert retry.seeds == first.seeds
    assert retry.graph == first.graph


async def test_alternatives_in_the_editor_s_texts_are_decided_by_each_run(library, nodes):
    text = {"text": ["STRING", {"multiline": True, "dynamicPrompts": True}]}
    nodes.learn(
        WorkerId("a"),
        {
            **node_definitions.DEFINITIONS,
            "Say": node_definitions.definition(text, output_node=True),
        },
    )
    node = {"id": 1, "type": "Say", "inputs": [], "outputs": [], "widgets_values": ["{a|b} // no"]}
    version = (await library.publish(ME, draft({"nodes": [node], "links": []}))).version
    assert version.graph["1"]["inputs"] == {"text": "{a|b} // no"}
    picks = [
        (await library.bind(ME, version, {}, choices=RunChoices(draw=lambda _, n=n: n))).graph
        for n in (0, 1)
    ]
    assert [graph["1"]["inputs"]["text"] for graph in picks] == ["a ", "b "]


async def test_dates_in_names_of_files_are_those_of_the_run(library, nodes):
    saver = node_definitions.definition(
        {"filename_prefix": ["STRING", {"default": "x"}]}, output_node=True
    )
    nodes.learn(WorkerId("a"), {"SaveImage": saver})
    node = {"id": 1, "type": "SaveImage", "widgets_values": ["%date:yyyy%/shot"]}
    version = (await library.publish(ME, draft({"nodes": [node], "links": []}))).version
    assert version.graph["1"]["inputs"] == {"filename_prefix": "%date:yyyy%/shot"}
    run = RunChoices(now=datetime(2031, 5, 1, tzinfo=UTC))
    bound = await library.bind(ME, version, {}, choices=run)
    assert bound.graph["1"]["inputs"] == {"filename_prefix": "2031/shot"}


async def test_a_retry_of_scenes_and_batches_uses_their_seeds_again(library, nodes):
    nodes.learn(WorkerId("a"), object_info())
    published = await library.take_in(ME, await asyncio.to_thread(load_workflow, EXAMPLE))
    scenes = [{"duration": 1, "prompt": "dawn"}, {"duration": 1, "prompt": "dusk", "seed": 5}]
    first = await library.bind(ME, published.version, {"scenes": scenes, "seed": -1})
    assert {name for name in first.seeds if name.startswith("scene_")} == {"scene_1", "scene_2"}
    assert first.seeds["scene_2"] == 5
    retry = await library.bind(
        ME, published.version, {"scenes": scenes, "seed": -1}, choices=RunChoices(seeds=first.seeds)
    )
    assert retry.graph == first.graph
    assert retry.seeds == first.seeds


async def test_a_seed_is_drawn_within_what_its_node_and_its_field_take(library, nodes):
    narrow = MANIFEST.replace("type: seed,", "type: seed, min: 3, max: 9,")
    version = (await library.publish(ME, folder(**{"manifest.yaml": narrow}))).version
    asked = []

    def draw(limit):
        asked.append(limit)
        return limit - 1

    bound = await library.bind(ME, version, {"seed": "-1"}, choices=RunChoices(draw=draw))
    assert (bound.seeds["seed"], asked) == (9, [7])
