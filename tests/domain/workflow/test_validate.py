"""What a graph is told at the door."""

import json

import pytest
from tests.fixtures.checked_graph import check, errors_at, only_error, refuse, shown
from tests.fixtures.node_definitions import chain, empty, node, simple


def test_a_valid_graph_runs_as_it_was_sent():
    prompt = simple()

    validated = check(prompt)

    assert validated.outputs == ("3",)
    assert validated.graph_to_run is prompt
    assert validated.node_errors == {}


def test_an_unknown_class_is_named():
    prompt = {**simple(), "9": {**node("Nope"), "_meta": {"title": "My node"}}}

    error = refuse(prompt)["error"]

    assert error["type"] == "missing_node_type"
    assert error["extra_info"] == {"node_id": "9", "class_type": "Nope", "node_title": "My node"}


def test_a_graph_without_outputs_is_refused():
    assert refuse({"1": empty()})["error"]["type"] == "prompt_no_outputs"
    assert refuse({})["error"]["type"] == "prompt_no_outputs"


def test_targets_choose_among_the_outputs():
    prompt = {**simple(), "4": node("Save", images=["1", 0], prefix="y")}

    assert check(prompt, targets=["4"]).outputs == ("4",)
    assert check(prompt, targets=["4", "3", "77"]).outputs == ("3", "4")
    assert refuse(prompt, targets=["1"])["error"]["type"] == "prompt_no_outputs"
    assert refuse(prompt, targets=[])["error"]["type"] == "prompt_no_outputs"


def test_a_good_output_runs_beside_a_bad_one():
    prompt = {**simple(), "4": node("Save", prefix="y")}

    validated = check(prompt)

    assert validated.outputs == ("3",)
    assert validated.node_errors["4"]["dependent_outputs"] == ["4"]
    assert validated.node_errors["4"]["class_type"] == "Save"


def test_a_missing_input_is_told():
    error = only_error({"3": node("Save", prefix="x")}, "3")

    assert error["type"] == "required_input_missing"
    assert error["extra_info"] == {"input_name": "images"}


def test_errors_of_a_node_upstream_name_the_outputs_that_depend_on_it():
    prompt = {**simple(), "1": empty(width=0), "4": node("Save", images=["1", 0], prefix="y")}

    details = refuse(prompt)

    assert details["node_errors"].keys() == {"1"}
    assert sorted(details["node_errors"]["1"]["dependent_outputs"]) == ["3", "4"]
    assert details["error"]["details"] == ""


@pytest.mark.parametrize(
    ("changed", "kind", "details"),
    [
        ({"width": 0}, "value_smaller_than_min", "width"),
        ({"width": 101}, "value_bigger_than_max", "width"),
        ({"scale": 0.1}, "value_smaller_than_min", "scale"),
        ({"width": "many"}, "invalid_input_type", "width, many, invalid literal"),
        ({"width": None}, "invalid_input_type", "width, None, int() argument"),
        ({"width": {"a": 1}}, "invalid_input_type", "width, {'a': 1}, int() argument"),
        ({"scale": "nan"}, "invalid_input_type", "not finite"),
        ({"scale": "1e999"}, "invalid_input_type", "not finite"),
        ({"width": "9" * 30}, "invalid_input_type", "64 bits"),
        ({"width": 1e30}, "invalid_input_type", "64 bits"),
        ({"mode": "cubic"}, "value_not_in_list", "'cubic' not in ['nearest', 'area']"),
        ({"mode": 5}, "value_not_in_list", "mode: 5 not in"),
        ({"mode": {}}, "value_not_in_list", "mode: {} not in"),
        ({"width": [1]}, "bad_linked_input", "width"),
        ({"label": []}, "bad_linked_input", "label"),
    ],
)
def test_a_bad_literal_is_told_with_its_kind(changed, kind, details):
    error = only_error(shown(empty(**changed)), "1")

    assert error["type"] == kind
    assert details in error["details"]
    (name,) = changed
    assert error["extra_info"]["input_name"] == name


@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({"width": "24"}, 24),
        ({"width": 1.9}, 1),
        ({"width": True}, 1),
        ({"width": {"__value__": 24}}, 24),
        ({"scale": 1}, 1.0),
        ({"scale": "1.5"}, 1.5),
        ({"label": 5}, "5"),
        ({"label": None}, "None"),
        ({"label": {"__value__": ["a", 1]}}, "['a', 1]"),
        ({"flip": "no"}, True),
        ({"flip": 0}, False),
    ],
)
def test_literals_are_converted_in_a_copy(changed, taken):
    prompt = shown(empty(**changed))
    before = json.dumps(prompt)

    validated = check(prompt)

    (name,) = changed
    value = validated.graph_to_run["1"]["inputs"][name]
    assert (value, type(value)) == (taken, type(taken))
    assert json.dumps(prompt) == before


def test_a_long_list_of_choices_is_not_sent_back():
    error = only_error(shown(node("Pick", item="item 99")), "1")

    assert error["extra_info"]["input_config"] is None
    assert error["details"] == "item: 'item 99' not in (list of length 30)"


def test_several_choices_are_checked_one_by_one():
    several = {"__value__": ["a", 3, "x", []]}

    error = only_error(shown(node("Pick", item="item 1", several=several)), "1")

    assert error["details"].startswith("several: 'x', [] not in ['a', 'b', 3]")


def test_several_good_choices_pass():
    validated = check(shown(node("Pick", item="item 1", several={"__value__": ["a", 3]})))

    assert validated.graph_to_run["1"]["inputs"]["several"] == ["a", 3]


def test_types_of_linked_nodes_must_meet():
    prompt = {"1": empty(), "2": node("Blend", image=["1", 0], mask=["1", 0])}
    prompt["3"] = node("Save", images=["2", 0], prefix="x")

    error = only_error(prompt, "2")

    assert error["type"] == "return_type_mismatch"
    assert error["details"] == "mask, received_type(IMAGE) mismatch input_type(MASK)"
    assert error["extra_info"]["linked_node"] == ["1", 0]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (node("Anything", value=1), "image"),
        (node("Invert", image=1), "image"),
    ],
)
def test_any_type_and_the_same_type_meet(source, target):
    prompt = {"1": source, "2": node("Invert", **{target: ["1", 0]})}
    prompt["3"] = node("Save", images=["2", 0], prefix="x")

    assert check(prompt).outputs == ("3",)


def test_one_of_several_types_is_enough():
    prompt = {"1": node("Formula", **{"values.a": 1}), "2": node("Number", value=["1", 0])}
    prompt["3"] = node("Show", value=["2", 0])

    assert check(prompt).outputs == ("3",)


def test_a_literal_passes_where_a_link_is_needed():
    assert check({"3": node("Save", images="no link", prefix="x")}).outputs == ("3",)


@pytest.mark.parametrize(
    ("link", "kind", "text"),
    [
        (["99", 0], "KeyError", "'99'"),
        ([1, 0], "KeyError", "1"),
        ([None, 0], "KeyError", "None"),
        ([["1"], 0], "TypeError", "unhashable type: 'list'"),
        ([{}, 0], "TypeError", "unhashable type: 'dict'"),
        (["1", 1], "IndexError", "tuple index out of range"),
        (["1", -2], "IndexError", "tuple index out of range"),
        (["1", "0"], "TypeError", "tuple indices must be integers or slices, not str"),
        (["1", 0.0], "TypeError", "tuple indices must be integers or slices, not float"),
        (["4", 1], "IndexError", "list index out of range"),
    ],
)
def test_a_link_to_nowhere_is_an_exception_while_validating(link, kind, text):
    prompt = {**simple(), "4": node("Batch"), "3": node("Save", images=link, prefix="x")}

    error = only_error(prompt, "3")

    assert error["type"] == "exception_during_validation"
    assert error["details"] == text
    assert error["extra_info"] == {"exception_type": kind, "traceback": []}


def test_a_link_to_nowhere_upstream_is_told_at_the_node_that_has_it():
    prompt = {**simple(), "2": node("Invert", image=["99", 0])}

    error = only_error(prompt, "2")

    assert error["type"] == "exception_during_inner_validation"
    assert error["extra_info"] == {
        "input_name": "images",
        "input_config": ["IMAGE", {}],
        "exception_message": "'99'",
        "exception_type": "KeyError",
        "traceback": [],
        "linked_node": ["2", 0],
    }


@pytest.mark.parametrize("slot", [0, -1, True])
def test_slots_count_like_indices(slot):
    prompt = {"1": node("Blend", image="x"), "2": node("Show", value=["1", slot])}

    assert check(prompt).outputs == ("2",)


def test_a_value_that_cannot_be_compared_with_its_range_is_an_exception():
    error = only_error(shown(node("Number", value="x")), "1")

    assert error["type"] == "exception_during_inner_validation"
    assert error["extra_info"]["exception_type"] == "TypeError"


def test_a_needed_node_without_inputs_is_an_exception():
    prompt = {"1": {"class_type": "Empty"}, "2": node("Show", value=["1", 0])}

    assert only_error(prompt, "1")["details"] == "'inputs'"


def test_a_node_without_inputs_that_nothing_needs_is_made_harmless():
    prompt = {**simple(), "9": {"class_type": "Empty"}}

    validated = check(prompt)

    assert validated.graph_to_run["9"] == {"class_type": "Empty", "inputs": {}}
    assert prompt["9"] == {"class_type": "Empty"}


def test_nodes_that_no_output_needs_are_not_looked_at():
    prompt = {**simple(), "8": node("Invert", image=["99", 3]), "9": node("Invert", image=["9", 0])}

    assert check(prompt).outputs == ("3",)


def test_unknown_inputs_are_kept():
    validated = check({**simple(), "1": empty(width="8", bogus=5)})

    assert validated.graph_to_run["1"]["inputs"]["bogus"] == 5


def test_an_unknown_input_may_not_link_to_nowhere_since_the_run_would_follow_it():
    prompt = {**simple(), "2": node("Invert", image=["1", 0], bogus=["99", 0])}

    assert only_error(prompt, "2")["details"] == "'99'"


def test_nodes_behind_an_unknown_input_are_checked_too():
    prompt = {**simple(), "2": node("Invert", image=["1", 0], bogus=["5", 0])}
    prompt["5"] = empty(width=0)

    assert only_error(prompt, "5")["type"] == "value_smaller_than_min"


def test_a_node_that_needs_itself_is_a_cycle():
    prompt = {"1": node("Invert", image=["1", 0]), "2": node("Show", value=["1", 0])}

    error = only_error(prompt, "1")

    assert error["type"] == "dependency_cycle"
    assert error["details"] == "1 (Invert) -> 1 (Invert)"


def test_every_node_of_a_cycle_is_told_and_those_behind_it_are_not():
    prompt = {
        "1": node("Invert", image=["3", 0]),
        "2": node("Invert", image=["1", 0]),
        "3": node("Invert", image=["2", 0]),
        "4": node("Invert", image=["3", 0]),
        "5": node("Show", value=["4", 0]),
    }

    node_errors = refuse(prompt)["node_errors"]

    assert node_errors.keys() == {"1", "2", "3"}
    for node_id, report in node_errors.items():
        (error,) = report["errors"]
        assert error["extra_info"]["node_id"] == node_id
        assert sorted(error["extra_info"]["cycle_nodes"]) == ["1", "2", "3"]


def test_a_node_of_a_cycle_keeps_its_other_errors():
    prompt = {"1": node("Blend", image=["1", 0], mask=["2", 0]), "2": empty()}
    prompt["3"] = node("Save", images=["1", 0], prefix="x")

    kinds = {error["type"] for error in errors_at(prompt, "1")}

    assert kinds == {"dependency_cycle", "return_type_mismatch"}


def test_an_output_inside_a_cycle_is_told():
    prompt = {"1": node("Invert", image=["1", 0]), "2": node("Save", images=["1", 0], prefix="x")}

    assert refuse(prompt)["node_errors"]["1"]["dependent_outputs"] == ["2"]


class TestLargeGraphs:
    def test_a_chain_of_ten_thousand_nodes_is_valid(self):
        assert check(chain(10_000)).outputs == ("end",)

    def test_a_chain_of_ten_thousand_nodes_with_a_bad_start_is_told_at_the_start(self):
        prompt = {**chain(10_000), "n0": empty(width=0)}

        assert refuse(prompt)["node_errors"].keys() == {"n0"}

    def test_a_cycle_of_ten_thousand_nodes_has_a_short_answer(self):
        prompt = {**chain(10_000), "n0": node("Invert", image=["n9998", 0])}

        details = refuse(prompt)

        assert len(json.dumps(details)) < 1_000_000
        assert "..." in next(iter(details["node_errors"].values()))["errors"][0]["details"]

    def test_ten_thousand_bad_outputs_have_a_short_answer(self):
        prompt = {str(index): node("Save", prefix="x") for index in range(10_000)}

        assert len(json.dumps(refuse(prompt))) < 10_000_000

    def test_one_bad_node_under_thousands_of_outputs_is_told_once(self):
        prompt = {str(i): node("Save", images=["bad", 0], prefix="x") for i in range(5_000)}
        prompt["bad"] = empty(width=0)

        (report,) = refuse(prompt)["node_errors"].values()

        assert len(report["errors"]) == 1
