"""The typed view over /object_info."""

import pytest
from tests.fixtures.node_definitions import DEFINITIONS, OBJECT_INFO, definition

from greenroom.domain.workflow.object_info import ObjectInfo


def test_inputs_stand_in_their_order_with_the_required_first():
    assert list(OBJECT_INFO["Blend"].inputs) == ["image", "other", "mask"]
    assert [spec.required for spec in OBJECT_INFO["Blend"].inputs.values()] == [True, False, False]


def test_both_forms_of_a_combo_offer_choices():
    assert OBJECT_INFO["Empty"].inputs["mode"].choices == ("nearest", "area")
    assert OBJECT_INFO["Pick"].inputs["several"].choices == ("a", "b", 3)
    assert {OBJECT_INFO["Empty"].inputs["mode"].type, OBJECT_INFO["Pick"].inputs["item"].type} == {
        "COMBO"
    }


def test_a_combo_without_options_offers_none():
    info = ObjectInfo({"X": definition({"a": ["COMBO", {"remote": {}}]})})

    assert info["X"].inputs["a"].choices == ()


def test_widgets_are_told_from_sockets():
    info = ObjectInfo({"X": definition({"a": ["INT", {"forceInput": True}], "b": ["INT"]})})

    assert [spec.is_widget for spec in info["X"].inputs.values()] == [False, True]
    assert not OBJECT_INFO["Invert"].inputs["image"].is_widget


def test_nested_inputs_carry_their_holders_names():
    spec = OBJECT_INFO["Video"].inputs["format"]
    (codec,) = spec.nested.options["mp4"]

    assert codec.name == "format.codec"
    assert [inner.name for inner in codec.nested.options["h264"]] == [
        "format.codec.crf",
        "format.codec.fast",
    ]
    assert [inner.name for inner in OBJECT_INFO["Batch"].inputs["images"].nested.inputs] == [
        "images.image0",
        "images.image1",
        "images.image2",
        "images.image3",
    ]


def test_an_unknown_class_is_not_found():
    assert OBJECT_INFO.find("Nope") is None
    assert "Nope" not in OBJECT_INFO
    with pytest.raises(KeyError):
        OBJECT_INFO["Nope"]


def test_it_lists_every_class_once():
    assert list(OBJECT_INFO) == list(DEFINITIONS)
    assert len(OBJECT_INFO) == len(DEFINITIONS)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"input": None},
        {"input": {"required": []}},
        {"input": {"required": {"a": None, "b": [], "c": [5], "d": ["INT", 7]}}},
        {"input": {"required": {"a": ["COMFY_AUTOGROW_V3", {}]}}, "price_badge": None},
        {"input": {"required": {"a": ["COMFY_DYNAMICCOMBO_V3", {"options": [5]}]}}},
        {"output": None, "output_name": 5, "output_is_list": {}},
    ],
)
def test_an_odd_definition_is_read_as_far_as_it_goes(odd):
    node_class = ObjectInfo({"X": odd})["X"]

    assert node_class.display_name == "X"
    assert node_class.output_node is False


def test_a_definition_that_is_no_object_is_no_class():
    assert ObjectInfo({"X": None}).find("X") is None
