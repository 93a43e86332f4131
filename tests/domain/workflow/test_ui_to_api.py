"""How workflow files become prompts, rule by rule, on graphs small enough to read."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fixtures.editor_graphs import (
    CLASSES,
    SUBGRAPH,
    graph,
    inputs_of,
    nested,
    node,
    refused,
    with_subgraphs,
)

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.ui_to_api import ui_to_api


def test_values_are_read_by_place_and_missing_ones_take_the_default():
    assert inputs_of(graph(node(1, "Source", [])), "1") == {"width": 64}
    assert inputs_of(graph(node(1, "Source", [7, 8, 9])), "1") == {"width": 7}


def test_values_saved_by_name_are_read_by_name():
    workflow = graph({**node(1, "Noise"), "widgets_values": {"steps": 3, "seed": 2}})
    assert inputs_of(workflow, "1") == {"seed": 2, "steps": 3}


def test_values_saved_by_name_bring_what_only_the_pack_knows_but_no_buttons_and_previews():
    saved = {"seed": 1, "steps": 2, "crf": 19, "upload a file": "image", "preview": {"a": 1}}
    workflow = graph({**node(1, "Noise"), "widgets_values": saved})
    assert inputs_of(workflow, "1") == {"seed": 1, "steps": 2, "crf": 19}


def test_the_control_of_a_seed_takes_a_place_and_is_not_sent():
    workflow = graph(node(1, "Noise", [5, "randomize", 20]))
    assert inputs_of(workflow, "1") == {"seed": 5, "steps": 20}


def test_a_dynamic_combo_brings_its_inputs_where_they_stand():
    mp4 = inputs_of(graph(node(1, "Video", ["mp4", "av1", False])), "1")
    assert mp4 == {"format": "mp4", "format.codec": "av1", "loop": False}
    assert inputs_of(graph(node(1, "Video", ["auto", False])), "1") == {
        "format": "auto",
        "loop": False,
    }


def test_the_placeholder_of_a_forced_input_is_dropped_only_when_the_length_says_so():
    assert inputs_of(graph(node(1, "Forced", ["old", "n"])), "1") == {"name": "n"}
    assert inputs_of(graph(node(1, "Forced", ["n"])), "1") == {"name": "n"}


def test_numbers_come_out_as_doubles():
    sent = inputs_of(graph(node(1, "Noise", [2**64 - 1, "fixed", 3.0])), "1")
    assert json.dumps(sent) == '{"seed": 18446744073709552000, "steps": 3}'


def test_lists_are_wrapped_so_that_nobody_takes_them_for_links():
    assert inputs_of(graph(node(1, "Source", [["a", 0]])), "1") == {
        "width": {"__value__": ["a", 0]}
    }


def test_autogrow_inputs_keep_their_gaps():
    workflow = graph(
        node(1, "Source"),
        node(2, "Batch", inputs=[("images.image0", "IMAGE", 1), ("images.image2", "IMAGE", 2)]),
        links=[(1, 1, 0, 2, 0, "IMAGE"), (2, 1, 0, 2, 1, "IMAGE")],
    )
    assert inputs_of(workflow, "2") == {"images.image0": ["1", 0], "images.image2": ["1", 0]}


def test_a_bypassed_node_passes_on_the_input_that_fits():
    workflow = graph(
        node(1, "Source"),
        node(2, "Blend", inputs=[("image1", "IMAGE", 1), ("image2", "IMAGE", None)], mode=4),
        node(3, "Invert", inputs=[("image", "IMAGE", 2)]),
        links=[(1, 1, 0, 2, 0, "IMAGE"), (2, 2, 0, 3, 0, "IMAGE")],
    )
    prompt = ui_to_api(workflow, CLASSES)
    assert prompt["3"]["inputs"] == {"image": ["1", 0]}
    assert "2" not in prompt


def test_a_muted_source_leaves_a_widget_its_own_value():
    workflow = graph(
        node(1, "Source", mode=2),
        node(2, "Source", [32], inputs=[("width", "INT", 1)]),
        links=[(1, 1, 0, 2, 0, "INT")],
    )
    assert inputs_of(workflow, "2") == {"width": 32}


def test_a_primitive_gives_its_value_to_the_widgets_it_feeds():
    workflow = graph(
        node(1, "PrimitiveNode", [99, "fixed"], outputs=["INT"]),
        node(2, "Source", [32], inputs=[("width", "INT", 1)]),
        links=[(1, 1, 0, 2, 0, "INT")],
    )
    prompt = ui_to_api(workflow, CLASSES)
    assert prompt == {
        "2": {"inputs": {"width": 99}, "class_type": "Source", "_meta": {"title": "Source"}}
    }


def test_a_subgraph_unfolds_under_its_nodes_id_with_ids_unique_over_the_file():
    workflow = with_subgraphs(
        node(1, "inner", [21]),
        node(2, "Invert", inputs=[("image", "IMAGE", 5)]),
        links=[(5, 1, 0, 2, 0, "IMAGE")],
    )
    prompt = ui_to_api(workflow, CLASSES)
    assert prompt["1:10"]["inputs"] == {"width": 21}
    assert prompt["2"]["inputs"] == {"image": ["1:10", 0]}


def test_a_link_from_outside_beats_the_subgraphs_value():
    workflow = with_subgraphs(
        node(5, "Noise", outputs=["INT"]),
        node(6, "inner", [21], inputs=[("width", "INT", 5)]),
        links=[(5, 5, 0, 6, 0, "INT")],
    )
    assert inputs_of(workflow, "6:1") == {"width": ["5", 0]}


def test_an_older_promotion_sets_the_value_of_the_widget_it_names():
    bare = {
        **SUBGRAPH,
        "nodes": [node(1, "Source", [11])],
        "links": [SUBGRAPH["links"][1]],
        "inputs": [],
    }
    host = node(6, "inner", ["$", 77], properties={"proxyWidgets": [["1", "$$x"], ["1", "width"]]})
    other = node(7, "inner")
    prompt = ui_to_api(with_subgraphs(host, other, definitions=[bare]), CLASSES)
    assert prompt["6:1"]["inputs"] == {"width": 77}
    assert prompt["7:1"]["inputs"] == {"width": 11}


def test_a_muted_subgraph_is_not_unfolded():
    assert ui_to_api(with_subgraphs(node(1, "inner", mode=2)), CLASSES) == {}


def test_dynamic_prompts_choose_an_alternative_drop_comments_and_resolve_escapes():
    text = "a {red|{dark|light} blue} \\{car\\} // paint\n/* rust */ here"
    workflow = graph(node(1, "Text", [text]))
    first = inputs_of(workflow, "1", choose=lambda _: 0)["text"]
    last = inputs_of(workflow, "1", choose=lambda count: count - 1)["text"]
    assert first == "a red {car} \n here"
    assert last == "a light blue {car} \n here"


def test_file_names_take_values_from_other_nodes_and_the_date():
    workflow = graph(
        node(1, "Source", [640], title="Big: one"),
        node(2, "SaveImage", ["%Source.width%_%Nobody.x%_%date:yyyy-MM-dd_hhmmss%"]),
    )
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    name = inputs_of(workflow, "2", now=now)["filename_prefix"]
    assert name == "640_%Nobody.x%_2026-03-04_050607"


@pytest.mark.parametrize(
    ("workflow", "says"),
    [
        ([], "no list of nodes"),
        ({"1": {"class_type": "Source"}}, "no list of nodes"),
        (graph("x"), "not an object"),
        (graph({"id": 1}), "node 1 has no type"),
        (graph(node(1, "Source"), node(1, "Source")), "the id 1"),
        (graph(node(1, "Nope"), node(2, "Nada")), "Nada, Nope"),
        (graph(node(1, "workflow>Mine")), "every node inside"),
        (graph(node(1, "Invert", inputs=[("image", "IMAGE", 8)])), "link that is not there"),
        (
            graph(node(1, "Invert", inputs=[("image", "IMAGE", 8)]),
                  links=[(8, 77, 0, 1, 0, "IMAGE")]),
            "node 77",
        ),
        (graph(node(1, "Source"), links=[(1, 2)]), "neither a list of six"),
        (graph(node(1, "Source", [nested(500)])), "levels deep"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_by_name(workflow, says):
    assert says in refused(workflow)


GROUP = {
    "nodes": [
        node(None, "Source", [64]),
        node(None, "Blend", inputs=[("image1", "IMAGE", None), ("image2", "IMAGE", None)]),
        node(None, "Noise", [1, "fixed", 2], outputs=["NOISE"]),
    ],
    "links": [[0, 0, 1, 0, 1, "IMAGE"]],
    "external": [[1, 0, "IMAGE"]],
}


def with_groups(*nodes, links=()):
    return graph(*nodes, links=links, last_node_id=9, extra={"groupNodes": {"Mix": GROUP}})


def test_a_group_node_unfolds_as_the_subgraph_that_the_editor_makes_of_it():
    workflow = with_groups(
        node(4, "Source", [5]),
        node(5, "workflow>Mix", [7, 8, "fixed", 9], inputs=[("image2", "IMAGE", 1)]),
        node(6, "Invert", inputs=[("image", "IMAGE", 2)]),
        links=[(1, 4, 0, 5, 0, "IMAGE"), (2, 5, 0, 6, 0, "IMAGE")],
    )
    prompt = ui_to_api(workflow, CLASSES)
    assert {key: body["inputs"] for key, body in prompt.items()} == {
        "4": {"width": 5},
        "13:10": {"width": 7},
        "13:11": {"image1": ["13:10", 0], "image2": ["4", 0]},
        "13:12": {"seed": 8, "steps": 9},
        "6": {"image": ["13:11", 0]},
    }


def test_group_nodes_that_multiply_without_end_are_refused():
    hosts = [node(i, "workflow>Mix") for i in range(5001)]
    assert "group nodes hold more" in refused(with_groups(*hosts))


WHOLE = with_subgraphs(
    node(9, "workflow/Mix", [1], inputs=[("image2", "IMAGE", 1)]),
    node(1, "Source", [5]),
    node(2, "Reroute", inputs=[("", "*", 1)], outputs=["*"]),
    node(3, "Blend", inputs=[("image1", "IMAGE", 2), ("image2", "IMAGE", 4)], mode=4),
    node(6, "inner", ["$", 7], properties={"proxyWidgets": [["1", "$$x"], ["1", "width"]]}),
    node(7, "SaveImage", ["%Source.width%"], inputs=[("images", "IMAGE", 3)]),
    node(8, "PrimitiveNode", [9], outputs=["INT"]),
    links=[(1, 1, 0, 2, 0, "IMAGE"), (2, 2, 0, 3, 0, "*"), (3, 3, 0, 7, 0, "IMAGE"),
           (4, 6, 0, 3, 1, "IMAGE")],
)  # fmt: skip
WHOLE["extra"] = {"groupNodes": {"Mix": {**GROUP, "config": {"1": {"input": {"image2": {}}}}}}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([-10, -20, "inner", "Reroute", "PrimitiveNode", "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10_000), JSON), min_size=1, max_size=3))
def test_any_file_gives_a_prompt_or_one_clear_error(changes):
    workflow = json.loads(json.dumps(WHOLE))
    for place, value in changes:
        places = list(_places(workflow))
        holder, key = places[place % len(places)]
        holder[key] = value
    try:
        prompt = ui_to_api(workflow, CLASSES)
    except AppError as error:
        prompt = error.details["error"]
    assert isinstance(prompt, dict)


def _places(value):
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)
