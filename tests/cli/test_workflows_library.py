"""The library from the command line: a server process, its database, and workflows of all kinds."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.cli import graphs
from tests.cli.processes import greenroom, served

from greenroom.cli.exit_code import ExitCode

EXAMPLES = Path(__file__).parents[2] / "examples" / "workflows"
MANIFEST = """\
id: square
name: A square
version: 3
date: 2026-03-24 14:30
inputs:
  - {id: side, type: int, min: 4, max: 64, default: 12, node_id: 1, field: width}
outputs:
  - {type: image, node_id: 2}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Runs a command against one server of this module."""
    with served(tmp_path_factory.mktemp("library") / "data") as server:
        yield lambda *arguments: greenroom(*arguments, "--server", server.url)


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "square"
    folder.mkdir()
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "workflow.json").write_text(json.dumps(graphs.quick()))
    return folder


def test_a_file_is_imported_listed_shown_and_forgotten(library, tmp_path):
    path = tmp_path / "My first.json"
    path.write_text(json.dumps(graphs.for_the_editor()))
    done = library("workflows", "import", path, "--tag", "mine")
    assert done.code == ExitCode.OK, done.err
    assert "my-first version 1 (new; ready)" in done.err
    again = library("workflows", "import", path)
    assert "my-first version 1 (unchanged; ready)" in again.err
    listed = library("workflows", "list", "--tag", "mine", "--json").json["workflows"]
    assert [(line["id"], line["ready"]) for line in listed] == [("my-first", True)]
    shown = library("workflows", "show", "my-first")
    assert "1.width" in shown.out
    assert library("workflows", "delete", "my-first").code == ExitCode.OK
    gone = library("workflows", "show", "my-first")
    assert gone.code == ExitCode.NOT_FOUND
    assert "no workflow 'my-first'" in gone.err


def test_a_bundle_keeps_its_manifest_and_comes_out_as_it_went_in(library, bundle, tmp_path):
    assert "square version 3 (new" in library("workflows", "import", bundle).err
    out = tmp_path / "out"
    assert library("workflows", "export", "square", "--output", out).code == ExitCode.OK
    assert (out / "manifest.yaml").read_text() == MANIFEST
    assert json.loads((out / "workflow.json").read_text()) == graphs.quick()
    editor = library("workflows", "export", "square", "--to", "ui").json
    assert [node["type"] for node in editor["nodes"]] == ["EmptyImage", "SaveImage"]
    library("workflows", "delete", "square")


def test_a_new_version_leaves_the_old_one_as_it_was(library, bundle):
    library("workflows", "import", bundle)
    changed = graphs.quick(color=7)
    (bundle / "workflow.json").write_text(json.dumps(changed))
    assert "square version 4 (new" in library("workflows", "import", bundle).err
    assert library("workflows", "export", "square", "--to", "api").json == changed
    old = library("workflows", "export", "square", "--to", "api", "--version", 3)
    assert old.json == graphs.quick()
    library("workflows", "delete", "square")


def test_a_workflow_is_renamed_and_tagged(library, bundle):
    library("workflows", "import", bundle)
    assert library("workflows", "rename", "square", "Box", "--json").json["name"] == "Box"
    assert library("workflows", "tag", "square", "a", "b", "--json").json["tags"] == ["a", "b"]
    assert "Box" in library("workflows", "list").out
    library("workflows", "delete", "square")


def test_a_workflow_runs_by_its_name_with_the_parameters_of_its_form(library, bundle, tmp_path):
    library("workflows", "import", bundle)
    done = library("run", "square", "--param", "side=20", "--output-dir", tmp_path)
    assert done.code == ExitCode.OK, done.err
    with Image.open(done.out.strip()) as picture:
        assert picture.size == (20, 16)
    job = library("jobs", "list", "--limit", "1", "--json").json["jobs"][0]
    assert job["workflow_id"] == "square"
    known = library("jobs", "show", job["id"], "--json").json["workflow"]["extra_data"]
    assert known["greenroom"]["params"] == {"side": 20}
    swept = library(
        "run", "square", "--sweep", "side=4..5", "--output-dir", tmp_path / "swept", "--json"
    )
    assert [one["label"] for one in swept.json["jobs"]] == ["1.width=4", "1.width=5"]
    refused = library("run", "square", "--param", "side=100")
    assert refused.code == ExitCode.USAGE
    assert "'side' is 100, more than 64" in refused.err
    library("workflows", "delete", "square")


def test_a_folder_of_workflows_is_imported_with_what_is_wrong_in_it(library, bundle, tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "loose.json").write_text(json.dumps(graphs.quick()))
    (tmp_path / "broken.json").write_text("{")
    done = library("workflows", "import", tmp_path)
    assert done.code == ExitCode.FAILED
    assert "2 imported, 1 failed." in done.err
    assert library("workflows", "delete", "square", "some-loose").code == ExitCode.OK


def test_a_film_of_scenes_is_put_together_and_runs(library, tmp_path):
    imported = library("workflows", "import", EXAMPLES / "scene-animation", "--json")
    assert imported.code == ExitCode.OK, imported.err
    scenes = json.dumps([{"duration": 1, "prompt": "dawn"}, {"duration": 1, "prompt": "dusk"}])
    done = library(
        "run", "scene-animation", "--param", f"scenes={scenes}", "--output-dir", tmp_path
    )
    assert done.code == ExitCode.OK, done.err
    assert Path(done.out.splitlines()[0]).stat().st_size > 0
    library("workflows", "delete", "scene-animation")


def test_a_workflow_that_lacks_nodes_is_kept_and_says_so(library, tmp_path):
    path = tmp_path / "wonder.json"
    path.write_text(json.dumps({"nodes": [{"id": 1, "type": "Wonder"}], "links": []}))
    assert "wonder version 1 (new; lacks 1 node)" in library("workflows", "import", path).err
    assert "Wonder" in library("workflows", "show", "wonder").out
    refused = library("run", "wonder")
    assert refused.code == ExitCode.REFUSED
    assert "unknown node type: Wonder" in refused.err
    library("workflows", "delete", "wonder")


def test_what_is_no_workflow_is_refused_with_a_reason(library, tmp_path):
    (tmp_path / "manifest.yaml").write_text(MANIFEST.replace("version: 3", "version: three"))
    done = library("workflows", "import", tmp_path)
    assert done.code == ExitCode.FAILED
    assert "line 3" in done.err
    assert library("workflows", "import", tmp_path / "nowhere.json").code == ExitCode.FAILED
    named = library("workflows", "delete", "nowhere")
    assert named.code == ExitCode.NOT_FOUND


def test_a_watched_folder_is_in_the_library(tmp_path):
    folder = tmp_path / "workflows"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(graphs.quick()))
    with served(tmp_path / "data", "--workflows-dir", folder) as server:
        server.until_logged("is workflow one version 1")
        listed = greenroom("workflows", "list", "--server", server.url, "--json").json
        assert [line["id"] for line in listed["workflows"]] == ["one"]
    refused = greenroom("serve", "--workflows-dir", tmp_path / "nowhere")
    assert refused.code == ExitCode.USAGE
    assert "no folder" in refused.err
