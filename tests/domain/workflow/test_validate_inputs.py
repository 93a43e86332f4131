"""What a graph is told at the door of its files and of inputs that come and go."""

import pytest
from tests.fixtures.checked_graph import check, errors_at, only_error, shown
from tests.fixtures.node_definitions import OBJECT_INFO, empty, node

from greenroom.domain.workflow.validate import referenced_files


class TestFiles:
    def test_a_file_input_is_checked_by_existence_and_not_by_its_list(self):
        assert check(shown(node("Load", image="new.png")), files={"new.png"}).outputs == ("2",)

        error = only_error(shown(node("Load", image="a.png")), "1")
        assert error["type"] == "custom_validation_failed"
        assert error["details"] == "image - Invalid image file: a.png"

    def test_the_files_to_ask_for_are_listed_once(self):
        prompt = {
            "1": node("Load", image="a.png"),
            "2": node("Load", image="sub/b.png [output]"),
            "3": node("Load", image={"__value__": "a.png"}),
            "4": node("Load", image=["1", 0]),
            "5": node("Load", image=7),
            "6": node("Load3D", model_file="none", width=1),
            "7": node("Nope", image="c.png"),
        }

        assert referenced_files(prompt, OBJECT_INFO) == ("a.png", "sub/b.png [output]")

    def test_only_the_files_that_some_outputs_need_can_be_asked_for(self):
        prompt = {**shown(node("Load", image="a.png")), "9": node("Load", image="b.png")}

        assert referenced_files(prompt, OBJECT_INFO, outputs=["2"]) == ("a.png",)

    def test_no_model_is_a_good_model_file(self):
        assert check(shown(node("Load3D", model_file="none", width=1))).outputs == ("2",)

    def test_a_missing_model_file_is_told_at_every_input(self):
        found = errors_at(shown(node("Load3D", model_file="m.glb", width=99)), "1")

        assert [error["details"] for error in found] == [
            "model_file - Invalid 3D model file: m.glb",
            "width - Invalid 3D model file: m.glb",
        ]

    def test_a_file_name_that_is_no_text_is_an_exception(self):
        error = only_error(shown(node("Load", image=5)), "1")

        assert error["details"] == "'int' object has no attribute 'endswith'"

    def test_a_file_name_that_comes_by_a_link_is_an_exception(self):
        prompt = {"1": node("Anything", value=1), "2": node("Load", image=["1", 0])}
        prompt["3"] = node("Save", images=["2", 0], prefix="x")

        assert only_error(prompt, "2")["details"] == "'NoneType' object has no attribute 'endswith'"


class TestDynamicInputs:
    def test_grown_inputs_are_needed_up_to_the_least_number(self):
        prompt = shown(node("Batch", **{"images.image0": ["3", 0]}))
        prompt["3"] = empty()

        error = only_error(prompt, "1")

        assert error["details"] == "image1"
        assert error["extra_info"] == {"input_name": "images.image1"}

    def test_grown_inputs_are_checked_like_any_other(self):
        prompt = shown(node("Batch", **{"images.image0": ["1", 0], "images.image1": ["4", 1]}))
        prompt["1"]["inputs"]["images.image0"] = ["3", 0]
        prompt |= {"3": empty(), "4": node("Blend", image="x")}

        assert only_error(prompt, "1")["type"] == "return_type_mismatch"

    def test_named_grown_inputs_have_their_names(self):
        assert check(shown(node("Formula", **{"values.a": 1, "values.c": 2}))).outputs == ("2",)
        assert only_error(shown(node("Formula")), "1")["details"] == "a"

    def test_a_key_brings_its_own_inputs(self):
        video = node("Video", images="x", **{"format": "mp4", "format.codec": "h264"})

        error = only_error({"1": video}, "1")

        assert error["extra_info"] == {"input_name": "format.codec.crf"}
        assert error["details"] == "crf"

    def test_nested_values_are_checked(self):
        inputs = {"format": "mp4", "format.codec": "h264", "format.codec.crf": 99}

        error = only_error({"1": node("Video", images="x", **inputs)}, "1")

        assert error["type"] == "value_bigger_than_max"

    @pytest.mark.parametrize("key", ["gif", "nothing", None, 5, {}])
    def test_other_keys_bring_nothing(self, key):
        assert check({"1": node("Video", images="x", format=key)}).outputs == ("1",)
