"""The converter against the official editor: every workflow of the corpus gives the same prompt."""

import json
from pathlib import Path

import pytest

from greenroom.domain.errors import AppError
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
# The editor's own translations still show these titles; the server has renamed the classes.
RENAMED = {
    "LTXVConcatAVLatent",
    "LTXVSeparateAVLatent",
    "IdeogramPImage",
    "ByteDance2ReferenceNode",
}

pytestmark = pytest.mark.skipif(not NAMES, reason="the corpus is not beside this checkout")


@pytest.fixture(scope="module")
def classes():
    text = (CORPUS / "object_info.json").read_text(encoding="utf-8")
    return EditorClasses(ObjectInfo(json.loads(text)))


def read(folder, name):
    return json.loads((CORPUS / folder / f"{name}.json").read_text(encoding="utf-8"))


def without_meta(prompt):
    return {
        node_id: {key: value for key, value in node.items() if key != "_meta"}
        for node_id, node in prompt.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_becomes_the_prompt_that_the_editor_sends(name, classes):
    prompt = convert(parse_ui_graph(read("ui", name)), classes).prompt
    expected = read("api", name)
    assert json.dumps(without_meta(prompt), sort_keys=True) == json.dumps(
        without_meta(expected), sort_keys=True
    )
    for node_id, node in expected.items():
        if node.get("class_type") not in RENAMED:
            assert prompt[node_id]["_meta"] == node["_meta"]


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
