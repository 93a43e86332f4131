"""`greenroom workflows convert`, `validate`, `extract` and `show` on files, without a server."""

import json
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from tests.cli import graphs
from tests.cli.processes import greenroom

from greenroom.cli.exit_code import ExitCode

EXAMPLES = Path(__file__).parents[2] / "examples" / "workflows"


@pytest.fixture
def nowhere(tmp_path):
    """A data folder without a server: the built-in nodes count."""
    return ("--data-dir", tmp_path / "data")


@pytest.fixture
def editor_file(tmp_path):
    path = tmp_path / "editor.json"
    path.write_text(json.dumps(graphs.for_the_editor()))
    return path


@pytest.fixture
def picture(tmp_path):
    """As ComfyUI saves it, with both formats inside."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("prompt", json.dumps(graphs.quick()))
    texts.add_text("workflow", json.dumps(graphs.for_the_editor()))
    path = tmp_path / "picture.png"
    Image.new("RGB", (4, 4)).save(path, pnginfo=texts)
    return path


def test_an_editor_s_file_is_converted_to_what_servers_run(editor_file, nowhere):
    done = greenroom("workflows", "convert", editor_file, *nowhere)
    assert done.code == ExitCode.OK, done.err
    assert done.json["1"]["inputs"] == {"width": 16, "height": 16, "batch_size": 1, "color": 0}
    assert done.json["2"]["inputs"] == {"images": ["1", 0], "filename_prefix": "quick"}


def test_a_graph_is_converted_to_a_file_for_the_editor_and_back(workflow, tmp_path, nowhere):
    target = tmp_path / "drawn" / "for-editor.json"
    done = greenroom(
        "workflows", "convert", workflow(graphs.quick()), "--to", "ui", "--output", target, *nowhere
    )
    assert done.code == ExitCode.OK, done.err
    assert [node["type"] for node in json.loads(target.read_text())["nodes"]] == [
        "EmptyImage", "SaveImage",
    ]  # fmt: skip
    back = greenroom("workflows", "convert", target, *nowhere).json
    assert {node: body["inputs"] for node, body in back.items()} == {
        node: body["inputs"] for node, body in graphs.quick().items()
    }


def test_many_files_are_converted_with_a_summary(editor_file, picture, tmp_path, nowhere):
    broken = tmp_path / "broken.json"
    broken.write_text('{"nodes": [')
    files = (editor_file, picture, broken)
    refused = greenroom("workflows", "convert", *files, *nowhere)
    assert "--output DIR" in refused.err
    done = greenroom("workflows", "convert", *files, "--output", tmp_path / "out", *nowhere)
    assert done.code == ExitCode.FAILED
    assert "2 converted, 1 failed." in done.err
    assert "broken.json" in done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"editor.json", "picture.json"}


def test_a_class_that_nobody_has_is_named(tmp_path, nowhere):
    node = {"id": 1, "type": "Wonder", "properties": {"cnr_id": "wonder-pack"}}
    path = tmp_path / "wonder.json"
    path.write_text(json.dumps({"nodes": [node], "links": []}))
    done = greenroom("workflows", "convert", path, *nowhere)
    assert done.code == ExitCode.FAILED
    assert "unknown node type: Wonder" in done.err
    advised = greenroom("workflows", "validate", path, *nowhere)
    assert "wonder-pack" in advised.err


def test_the_classes_may_come_from_a_file(tmp_path, nowhere):
    known = {"Wonder": {"input": {"required": {}}, "output": [], "output_node": True}}
    (tmp_path / "object_info.json").write_text(json.dumps(known))
    path = tmp_path / "wonder.json"
    path.write_text(json.dumps({"nodes": [{"id": 1, "type": "Wonder"}], "links": []}))
    done = greenroom(
        "workflows", "validate", path, "--object-info", tmp_path / "object_info.json", "--json"
    )
    assert done.code == ExitCode.OK, done.err
    assert done.json["files"][0]["outputs"] == ["1"]


def test_what_a_server_would_refuse_is_told_with_advice(workflow, nowhere):
    graph = graphs.quick()
    graph["1"]["class_type"] = "EmptyImagee"
    done = greenroom("workflows", "validate", workflow(graph), *nowhere)
    assert done.code == ExitCode.FAILED
    assert "EmptyImagee" in done.err
    assert "Close names are EmptyImage" in done.err
    graph = graphs.quick()
    graph["1"]["inputs"]["width"] = 0
    done = greenroom("workflows", "validate", workflow(graph), "--json", *nowhere)
    assert done.code == ExitCode.FAILED
    (told,) = done.json["files"]
    assert told["error"]["code"] == "invalid_graph"
    assert "1" in told["error"]["details"]["node_errors"]


def test_a_workflow_is_taken_out_of_a_picture(picture, tmp_path, workflow):
    assert greenroom("workflows", "extract", picture).json == graphs.for_the_editor()
    assert greenroom("workflows", "extract", picture, "--part", "prompt").json == graphs.quick()
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    plain = greenroom("workflows", "extract", tmp_path / "plain.png")
    assert plain.code == ExitCode.FAILED
    assert "has no workflow inside" in plain.err
    wrong = greenroom("workflows", "extract", workflow(graphs.quick()))
    assert "--part prompt" in wrong.err


def test_a_file_s_form_is_shown(editor_file, nowhere):
    done = greenroom("workflows", "show", editor_file, *nowhere)
    assert done.code == ExitCode.OK, done.err
    assert "1.width" in done.out
    told = greenroom("workflows", "show", editor_file, "--json", *nowhere).json
    assert told["manifest"]["id"] == "editor"
    assert {item["node_id"] for item in told["manifest"]["inputs"]} >= {"1"}
    assert [item["type"] for item in told["manifest"]["outputs"]] == ["image"]


@pytest.mark.parametrize("example", ["scene-animation"])
def test_a_folder_with_a_manifest_is_checked_whole(example, nowhere):
    done = greenroom("workflows", "validate", EXAMPLES / example, *nowhere)
    assert done.code == ExitCode.OK, done.err


def test_a_manifest_that_names_what_is_not_there_is_told(tmp_path, nowhere):
    folder = tmp_path / "square"
    folder.mkdir()
    (folder / "workflow.json").write_text(json.dumps(graphs.quick()))
    head = "id: square\nname: Square\nversion: 1\ndate: 2026-01-01\noutputs: []\n"
    wrong = head + "inputs:\n  - {id: side, type: int, node_id: 1, field: wide}\n"
    (folder / "manifest.yaml").write_text(wrong)
    done = greenroom("workflows", "validate", folder, *nowhere)
    assert done.code == ExitCode.FAILED
    assert "input 'side' of the manifest" in done.err
    assert "there is width" in done.err
    (folder / "manifest.yaml").write_text(wrong.replace("type: int", "type: whole"))
    assert "line 7" in greenroom("workflows", "validate", folder, *nowhere).err
