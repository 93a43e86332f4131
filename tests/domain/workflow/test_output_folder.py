"""Where a job's files go."""

import re

import pytest

from greenroom.domain.clock import Millis
from greenroom.domain.workflow.output_folder import folder_stamp, is_folder_name, place_outputs

FOLDER = "20260324_143052_a1b2c3"


def _placed(class_type, **inputs):
    graph = {"7": {"class_type": class_type, "inputs": inputs}}
    return place_outputs(graph, FOLDER)["7"]


@pytest.mark.parametrize("class_type", ["SaveImage", "SaveVideo", "SaveAudio", "SomePacksSaver"])
def test_whatever_saves_under_a_prefix_saves_into_the_final_folder(class_type):
    placed = _placed(class_type, images=["1", 0], filename_prefix="video/ComfyUI")
    assert placed["inputs"]["filename_prefix"] == f"{FOLDER}/final/final"
    assert placed["inputs"]["images"] == ["1", 0]


def test_a_preview_is_saved_into_the_preview_folder():
    placed = _placed("PreviewImage", images=["1", 0])
    assert placed["class_type"] == "SaveImage"
    assert placed["inputs"]["filename_prefix"] == f"{FOLDER}/preview/preview"


@pytest.mark.parametrize(("kept", "kind"), [(True, "final"), (False, "intermediate")])
def test_a_combined_film_is_always_saved_and_told_apart(kept, kind):
    placed = _placed("VHS_VideoCombine", save_output=kept, filename_prefix="x")
    assert placed["inputs"]["save_output"] is True
    assert placed["inputs"]["filename_prefix"] == f"{FOLDER}/{kind}/{kind}"


def test_a_prefix_that_another_node_makes_is_left_alone():
    placed = _placed("SaveImage", images=["1", 0], filename_prefix=["3", 0])
    assert placed["inputs"]["filename_prefix"] == ["3", 0]


def test_nodes_that_save_nothing_and_the_graph_itself_are_left_alone():
    graph = {"1": {"class_type": "EmptyImage", "inputs": {"width": 8}}, "2": "no node"}
    assert place_outputs(graph, FOLDER) == graph


def test_a_folder_is_named_by_its_second_and_six_digits():
    name = folder_stamp(Millis(1_800_000_000_000), "a1b2c3")
    assert re.fullmatch(r"2027011\d_\d{6}_a1b2c3", name)
    assert is_folder_name(name)


@pytest.mark.parametrize("name", ["", "..", "final", f"{FOLDER}/final", f"../{FOLDER}", "input"])
def test_nothing_else_is_the_folder_of_a_job(name):
    assert not is_folder_name(name)
