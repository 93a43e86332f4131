"""The workflows with what they need, and the folder they come from."""

import json
import shutil

import pytest
from tests.api.studio.conftest import Studio
from tests.api.studio.workflows import COPY
from tests.contract.native.conftest import running

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_workflow_is_listed_with_its_readiness(studio):
    answer = await studio.get("/api/admin/workflows")
    found = {one["id"]: one for one in answer["workflows"]}
    assert {"wan-i2v-14b", "film", "copy"} <= set(found)
    film = found["film"]
    assert film["ready"] is True
    assert film["category"] == "t2i"
    assert film["models_status"] == {"total": 0, "present": 0, "missing": []}
    assert film["nodes_status"]["missing"] == []
    assert film["nodes_status"]["installed"] == film["nodes_status"]["total"] > 0
    assert await studio.get("/api/admin/workflows/film") == film


async def test_an_unknown_workflow_is_not_found_by_name(studio):
    answer = await studio.get("/api/admin/workflows/unheard-of", 404)
    assert answer == {"detail": "Workflow 'unheard-of' not found"}


async def test_without_a_folder_there_is_nothing_to_compare_with(studio):
    assert "--workflows-dir" in (await studio.post("/api/admin/workflows/sync", {}, 404))["detail"]


@pytest.mark.asyncio(loop_scope="function")
async def test_a_sync_takes_in_what_changed_and_names_what_cannot_be_used(tmp_path):
    folder = tmp_path / "workflows"
    (folder / "copy").mkdir(parents=True)
    async with running(tmp_path / "data", workflows_dir=folder) as native:
        studio = Studio(native)
        manifest, graph = COPY
        (folder / "copy" / "workflow.json").write_text(json.dumps(graph))
        (folder / "copy" / "manifest.yaml").write_text(manifest)
        (folder / "bad.json").write_text("{}")
        answer = await studio.post("/api/admin/workflows/sync", {})
        assert answer["checked"] == 2
        assert answer["errors"][0].startswith("bad.json: ")
        assert (await studio.get("/api/admin/workflows/copy"))["version"] == 1
        shutil.rmtree(folder)
        assert (await studio.post("/api/admin/workflows/sync", {}, 404))["detail"]


async def test_node_classes_are_listed_by_package(studio):
    told = await studio.get("/api/admin/nodes")
    (core,) = [one for one in told["packages"] if one["name"] == "ComfyUI"]
    assert "SaveImage" in core["nodes"]
    assert core["node_count"] == len(core["nodes"])
    assert told["total_nodes"] == sum(one["node_count"] for one in told["packages"])
    assert told["total_packages"] == len(told["packages"])


@pytest.mark.asyncio(loop_scope="function")
async def test_without_a_worker_no_node_is_known(edge):
    async with edge() as client, client.get("/api/admin/nodes") as answer:
        assert answer.status == 503
        assert (await answer.json())["detail"].startswith("ComfyUI unreachable: ")
