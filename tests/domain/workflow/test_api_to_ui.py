"""Prompts as workflow files, and what comes back when those are converted again."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.ui_to_api import ui_to_api


def declared(outputs=(), **required):
    return {
        "input": {"required": required},
        "output": list(outputs),
        "output_name": list(outputs),
        "display_name": "Shown",
    }


CLASSES = EditorClasses(
    ObjectInfo(
        {
            "Text": declared(["STRING"], text=["STRING", {"dynamicPrompts": True}]),
            "Join": declared(["STRING"], one=["STRING", {}], seed=["INT", {}], two=["STRING", {}]),
            "Any": declared(["*"], source=["*"]),
            "Batch": declared(
                ["IMAGE"],
                images=[
                    "COMFY_AUTOGROW_V3",
                    {"template": {"input": {"required": {"image": ["IMAGE"]}}, "prefix": "i"}},
                ],
            ),
            "Power Lora Loader (rgthree)": declared(["MODEL"], model=["MODEL"]),
            "VHS_VideoCombine": declared(images=["IMAGE"], format=[["video/h264-mp4"]]),
            "PrimitiveInt": declared(["INT"], value=["INT", {}]),
        }
    )
)


def prompt(**nodes):
    return {
        node_id.lstrip("n").replace("_", ":"): {
            "class_type": kind,
            "inputs": inputs,
            "_meta": {"title": title},
        }
        for node_id, (kind, inputs, title) in nodes.items()
    }


def round_trip(graph):
    return ui_to_api(json.loads(json.dumps(api_to_ui(graph, CLASSES))), CLASSES)


def test_values_links_titles_and_ids_survive():
    graph = prompt(
        n1=("Text", {"text": "a"}, "Mine"),
        n7_3=("Join", {"one": ["1", 0], "seed": 5, "two": "b"}, "Shown"),
        n9=("Any", {"source": ["7:3", 4]}, "Shown"),
        n10=("Batch", {"images.i0": ["9", 0], "images.i3": ["1", 0]}, "Shown"),
    )
    assert round_trip(graph) == graph


@settings(deadline=None)
@given(st.text(alphabet="ab/*{}|n \n") | st.text())
def test_a_text_with_the_marks_of_dynamic_prompts_survives(text):
    graph = prompt(n1=("Text", {"text": text.replace("\\", "")}, "Shown"))
    assert round_trip(graph) == graph


@settings(deadline=None)
@given(st.integers(-(2**53), 2**53), st.text())
def test_any_value_survives(seed, text):
    graph = prompt(n1=("Join", {"one": text, "seed": seed, "two": ""}, "Shown"))
    assert round_trip(graph) == graph


def test_a_value_at_a_socket_becomes_a_primitive_node():
    graph = prompt(n4=("Any", {"source": 7}, "Shown"))
    again = round_trip(graph)
    assert again["4"]["inputs"] == {"source": ["5", 0]}
    assert again["5"]["inputs"] == {"value": 7}


def test_a_value_at_a_socket_that_no_primitive_can_give_is_refused():
    with pytest.raises(AppError, match="is a socket"):
        api_to_ui(prompt(n4=("Any", {"source": "text"}, "Shown")), CLASSES)


def test_settings_that_a_packs_own_code_adds_survive():
    inputs = {"format": "video/h264-mp4", "crf": 19, "save_metadata": True}
    graph = prompt(n1=("VHS_VideoCombine", inputs, "Shown"))
    assert round_trip(graph) == graph


def test_a_list_of_loras_that_no_definition_mentions_survives():
    inputs = {
        "PowerLoraLoaderHeaderWidget": {"type": "PowerLoraLoaderHeaderWidget"},
        "lora_1": {"on": True, "lora": "a", "strength": 1},
        "lora_2": {"on": False, "lora": "b", "strength": 0.5, "strengthTwo": 1},
        "\u2795 Add Lora": "",
    }
    graph = prompt(n1=("Power Lora Loader (rgthree)", inputs, "Shown"))
    assert round_trip(graph) == graph


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        (prompt(n1=("Nope", {}, "x")), "Nope"),
        (prompt(n1=("Any", {"source": ["2", 0]}, "x")), "node 2"),
        (prompt(n1=("Any", {"source": ["1", 0]}, "x")), "circle"),
        ([], "not an object"),
    ],
)
def test_a_prompt_that_the_editor_cannot_show_is_refused(graph, says):
    with pytest.raises(AppError, match=says):
        api_to_ui(graph, CLASSES)
