"""Node lists of many workers, held once."""

import json

import pytest

from greenroom.domain.workflow.node_list import node_list, pack, unpack


def text_of(**definitions):
    return json.dumps(definitions).encode()


def test_equal_texts_are_one_list():
    assert node_list(text_of(A={"n": 1})) is node_list(text_of(A={"n": 1}))


def test_what_was_packed_is_the_same_list_again():
    known = node_list(text_of(A={"n": 2}, B={}))
    assert unpack(pack(known)) is known


def test_lists_that_differ_share_the_classes_in_which_they_do_not():
    one = node_list(text_of(Load={"files": ["a"]}, Save={"n": 3}))
    other = node_list(text_of(Load={"files": ["b"]}, Save={"n": 3}))
    assert (one["Load"], other["Load"]) == ({"files": ["a"]}, {"files": ["b"]})
    assert one["Save"] is other["Save"]


@pytest.mark.parametrize("other", [True, 1.0], ids=repr)
def test_values_that_python_takes_for_equal_stay_apart(other):
    assert repr(node_list(text_of(N={"default": 1}))["N"]["default"]) == "1"
    assert repr(node_list(text_of(N={"default": other}))["N"]["default"]) == repr(other)


def test_bounds_may_be_infinite():
    assert node_list(b'{"A": {"max": Infinity}}')["A"] == {"max": float("inf")}


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff"])
def test_what_is_no_node_list_is_refused(text):
    with pytest.raises(ValueError, match=r"char|decode|is an object"):
        node_list(text)


def test_a_class_that_changes_all_the_time_is_still_told_right():
    for turn in range(30):
        text = text_of(Load={"files": [str(turn)]}, Save={})
        assert node_list(text)["Load"] == {"files": [str(turn)]}
