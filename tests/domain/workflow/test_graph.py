"""Reading a graph in API format, and walking it."""

import pytest
from tests.fixtures.node_definitions import chain, empty, node, simple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.graph import (
    GraphLimits,
    Link,
    ancestors,
    as_link,
    links,
    parse_graph,
    topological_order,
)


def refusal(prompt, **limits):
    with pytest.raises(AppError) as caught:
        parse_graph(prompt, GraphLimits(**limits))
    return caught.value


def test_a_graph_keeps_the_json_it_was_made_from():
    prompt = {"7": {**empty(), "_meta": {"title": "Canvas"}, "extra": [1]}}

    graph = parse_graph(prompt)

    assert graph.source is prompt
    assert graph.nodes["7"].title == "Canvas"
    assert graph.nodes["7"].inputs is prompt["7"]["inputs"]


@pytest.mark.parametrize("prompt", [None, [], [1], "hi", 5, True])
def test_a_prompt_that_is_no_object_is_refused_with_comfyuis_error_shape(prompt):
    error = refusal(prompt)

    assert error.code is ErrorCode.INVALID_GRAPH
    assert set(error.details["error"]) == {"type", "message", "details", "extra_info"}
    assert error.details["node_errors"] == {}


@pytest.mark.parametrize("body", [None, "hi", 5, []])
def test_a_node_that_is_no_object_is_refused_by_its_id(body):
    assert "'#7'" in refusal({"7": body}).details["error"]["details"]


@pytest.mark.parametrize("inputs", [None, [], "x", 1])
def test_inputs_that_are_no_object_are_refused(inputs):
    error = refusal({"7": {"class_type": "Empty", "inputs": inputs}})

    assert error.details["error"]["type"] == "invalid_prompt"


def test_a_node_without_inputs_is_noted():
    graph = parse_graph({"7": {"class_type": "Empty"}, "8": empty()})

    assert graph.without_inputs == {"7"}
    assert graph.nodes["7"].inputs == {}


def test_a_node_without_a_class_is_a_missing_node_type():
    error = refusal({"7": {"inputs": {}, "_meta": {"title": "Mine"}}}).details["error"]

    assert error["type"] == "missing_node_type"
    assert error["message"].startswith("Node 'Mine' has no class_type.")
    assert error["extra_info"] == {"node_id": "7", "class_type": None, "node_title": "Mine"}


@pytest.mark.parametrize("class_type", [5, None, ["Empty"], {}])
def test_a_class_that_is_no_text_is_a_missing_node_type(class_type):
    error = refusal({"7": {"class_type": class_type, "inputs": {}}}).details["error"]

    assert error["type"] == "missing_node_type"
    assert error["extra_info"]["class_type"] == class_type


def test_more_nodes_than_the_limit_are_too_large():
    assert refusal(chain(4), nodes=3).code is ErrorCode.TOO_LARGE


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "body",
    [
        node("Empty", width=nested(50_000)),
        {**empty(), "note": nested(50_000)},
        {"class_type": "Empty", "note": nested(50_000)},
        {**empty(), "_meta": {"title": nested(50_000)}},
        {**empty(), "_meta": nested(50_000)},
    ],
    ids=["input", "unknown member", "no inputs", "title", "meta"],
)
def test_deep_nesting_is_refused_wherever_it_stands(body):
    assert "levels deep" in refusal({"7": body}).details["error"]["details"]


def test_a_literal_list_of_three_levels_is_kept():
    assert parse_graph({"7": node("Empty", width=[[[1, 2]]])}).nodes["7"].inputs["width"]


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**400])
def test_integers_beyond_64_bits_are_refused(value):
    assert "64 bits" in refusal({"7": empty(width=value)}).details["error"]["details"]


@pytest.mark.parametrize(
    ("value", "link"),
    [
        (["1", 0], Link("1", 0)),
        (["1", 0.0], Link("1", 0.0)),
        (["1", "0"], None),
        ([1, 0], None),
        (["1"], None),
        (["1", 0, 0], None),
        ("10", None),
    ],
)
def test_a_link_is_a_node_id_and_a_number(value, link):
    assert as_link(value) == link


def test_links_are_told_from_literals():
    found = links(parse_graph(simple()).nodes["3"])

    assert list(found) == [("images", Link("2", 0))]


def test_ancestors_are_the_targets_and_all_they_need():
    prompt = {**simple(), "9": empty()}

    assert ancestors(parse_graph(prompt), ["2"]) == {"1", "2"}


def test_ancestors_pass_over_links_to_nowhere_and_over_cycles():
    prompt = {
        "1": node("Invert", image=["2", 0]),
        "2": node("Blend", image=["1", 0], other=["9", 0]),
    }

    assert ancestors(parse_graph(prompt), ["1", "missing"]) == {"1", "2"}


def test_the_order_puts_every_node_after_what_it_needs():
    prompt = dict(reversed(simple().items()))

    assert topological_order(parse_graph(prompt)) == ["1", "2", "3"]
    assert topological_order(parse_graph(prompt), ["2"]) == ["1", "2"]


def test_a_cycle_has_no_order():
    prompt = {"1": node("Invert", image=["2", 0]), "2": node("Invert", image=["1", 0])}

    with pytest.raises(AppError, match="cycle"):
        topological_order(parse_graph(prompt))


def test_a_chain_of_ten_thousand_nodes_is_walked():
    graph = parse_graph(chain(10_000))

    assert len(topological_order(graph)) == len(ancestors(graph, ["end"])) == 10_000
