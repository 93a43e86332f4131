"""The converter against the official editor: every workflow of the corpus gives the same prompt."""

import json
from pathlib import Path

import pytest

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.ui_graph import parse_ui_graph
from greenroom.domain.workflow.ui_to_api import convert, ui_to_api

CORPUS = Path(__file__).parents[3] / "shared" / "golden"
NAMES = sorted(path.stem for path in (CORPUS / "ui").glob("*.json"))
UNKNOWN_CLASSES = {
    "tricky_set_get_nodes": {"GetNode", "SetNode"},
    "tricky_unknown_node": {"NoSuchNode+X"},
}
pytestmark = pytest.mark.skipif(not NAMES, reason="the corpus is not beside this checkout")


@pytest.fixture(scope="module")
def classes():
    text = (CORPUS / "object_info.json").read_text(encoding="utf-8")
    return EditorClasses(ObjectInfo(json.loads(text)))


def read(folder, name):
    return json.loads((CORPUS / folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_becomes_the_prompt_that_the_editor_sends(name, classes):
    prompt = convert(parse_ui_graph(read("ui", name)), classes).prompt
    # As text, so that 1 and 1.0 are told apart.
    assert json.dumps(prompt, sort_keys=True) == json.dumps(read("api", name), sort_keys=True)


@pytest.mark.parametrize("name", sorted(UNKNOWN_CLASSES))
def test_unknown_node_types_are_named(name, classes):
    with pytest.raises(AppError) as caught:
        ui_to_api(read("ui", name), classes)
    missing = caught.value.details["error"]["extra_info"]["missing"]
    assert set(missing) == UNKNOWN_CLASSES[name]
    assert all(kind in caught.value.message for kind in missing)


def test_muted_and_bypassed_nodes_need_no_class(classes):
    conversion = convert(parse_ui_graph(read("ui", "tricky_unknown_node")), classes)
    assert set(conversion.missing.values()) == {"NoSuchNode+X"}


# A server refuses a seed of 2**64 + 384, which the editor makes of 2**64 - 1.
REFUSED = {"tricky_seed_control", *UNKNOWN_CLASSES}
# Plain values at sockets, which only a subgraph can give: they become primitive nodes.
WITH_VALUES_AT_SOCKETS = {
    "image_ernie_image",
    "image_ernie_image_turbo",
    "video_wan21_scail2_character_replacement_int8",
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_a_prompt_becomes_a_workflow_that_converts_back_to_it(name, classes):
    prompt = read("api", name)
    workflow = json.loads(json.dumps(api_to_ui(prompt, classes)))
    again = ui_to_api(workflow, classes)
    added = again.keys() - prompt.keys()
    assert bool(added) == (name in WITH_VALUES_AT_SOCKETS)
    for node in again.values():
        for key, value in node["inputs"].items():
            if isinstance(value, list) and value[0] in added:
                node["inputs"][key] = again[value[0]]["inputs"]["value"]
    assert {key: node for key, node in again.items() if key not in added} == prompt


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_the_nodes_of_a_laid_out_workflow_do_not_overlap(name, classes):
    nodes = api_to_ui(read("api", name), classes)["nodes"]
    boxes = [(*node["pos"], *node["size"]) for node in nodes]
    for index, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[index + 1 :]:
            apart_sideways = x + width <= x2 or x2 + width2 <= x
            assert apart_sideways or y + height <= y2 or y2 + height2 <= y
