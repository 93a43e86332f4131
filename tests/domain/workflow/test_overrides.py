"""Setting inputs of a graph."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fixtures.node_definitions import OBJECT_INFO, empty, node, simple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.overrides import (
    apply_overrides,
    parse_assignments,
    parse_overrides,
)


def refusal(call, *args):
    with pytest.raises(AppError) as caught:
        call(*args)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    return caught.value


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["width", "label"]), st.integers() | st.text()))
def test_overrides_touch_nothing_else(values):
    prompt = {**simple(), "1": {**empty(), "_meta": {"title": "Canvas"}, "unknown": [1]}}
    before = copy.deepcopy(prompt)
    expected = copy.deepcopy(prompt)
    expected["1"]["inputs"].update(values)

    assert apply_overrides(prompt, {"1": values}) == expected
    assert prompt == before


def test_an_unknown_node_is_named_with_the_nearest():
    prompt = {**simple(), "12": {**empty(), "_meta": {"title": "Canvas"}}}

    error = refusal(apply_overrides, prompt, {"Canvass": {"width": 1}})

    assert error.details["nearest"] == ("Canvas",)
    assert "Canvas" in error.message


def test_an_unknown_input_is_named_with_the_nearest():
    error = refusal(apply_overrides, simple(), {"1": {"widht": 1}})

    assert error.details["nearest"] == ("width",)
    assert "node 1 (Empty) has no input 'widht'; there is width" in error.message


def test_an_input_that_only_the_class_declares_may_be_set_when_the_class_is_known():
    prompt = {"1": node("Blend", image="x")}
    overrides = {"1": {"mask": ["2", 0]}}

    refusal(apply_overrides, prompt, overrides)
    assert apply_overrides(prompt, overrides, OBJECT_INFO)["1"]["inputs"]["mask"] == ["2", 0]


def test_overrides_have_their_inputs_in_an_object():
    assert parse_overrides({"1": {"inputs": {"width": 5}}, "2": {}}) == {"1": {"width": 5}, "2": {}}


@pytest.mark.parametrize("value", [None, [], "x", {"1": 5}, {"1": {"inputs": []}}, {"1": None}])
def test_overrides_of_another_form_are_refused(value):
    refusal(parse_overrides, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.width=5", 5),
        ("1.width=0.5", 0.5),
        ("1.width=true", True),
        ("1.width=a cat", "a cat"),
        ("1.width=", ""),
        ("1.width=a=b", "a=b"),
        ('1.width="5"', "5"),
        ('1.width=["2",0]', ["2", 0]),
        ("1.width=1e999", "1e999"),
        ("1.width={bad", "{bad"),
    ],
)
def test_an_assignment_has_json_or_plain_text(text, value):
    assert parse_assignments([text], simple()) == {"1": {"width": value}}


def test_an_assignment_may_name_a_node_by_its_title_or_class_when_only_one_has_it():
    prompt = {**simple(), "12": {**empty(), "_meta": {"title": "Canvas"}}}

    found = parse_assignments(["Canvas.width=5", "Save.prefix=y", "Save.images.x=1"], prompt)

    assert found == {"12": {"width": 5}, "3": {"prefix": "y", "images.x": 1}}
    assert "1, 12" in refusal(parse_assignments, ["Empty.width=5"], prompt).message


@pytest.mark.parametrize("text", ["", "1", "1.width", "=5", "1=5", ".width=5", "1.=5"])
def test_what_is_no_assignment_is_refused(text):
    assert "NODE.INPUT=VALUE" in refusal(parse_assignments, [text], simple()).message
