"""The runner as its users' commands call it: form, upload, build, execute, status, result."""

import json
import re

import pytest
from tests.api.studio.conftest import PICTURE
from tests.cli.graphs import blurring

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = re.compile(r"\d{8}_\d{6}_[0-9a-f]{6}")
FIELDS = {
    "status", "node_title", "node_type", "step", "total_steps", "percent", "nodes_done",
    "total_nodes", "effective_total", "cached_count", "eta_seconds", "step_rate", "node_outputs",
}  # fmt: skip


async def test_a_manifest_is_the_form_of_a_workflow(studio):
    manifest = await studio.get("/api/run/wan-i2v-14b")
    assert manifest["name"] == "WAN 2.1 I2V 14B"
    assert manifest["type"] == "static"
    fields = {one["id"]: one for one in manifest["inputs"]}
    assert fields["steps"]["max"] == 30
    assert fields["image"]["label"] == fields["image"]["name"] == "Input Image"
    assert fields["seed"]["default"] == -1
    assert (await studio.get("/api/run/unheard-of", 404))["detail"]


async def test_an_uploaded_picture_gets_a_name_of_its_own(studio):
    one, two = await studio.picture("my image.png"), await studio.picture("my image.png")
    assert re.fullmatch(FOLDER.pattern + r"_my_image\.png", one)
    assert one != two


@pytest.mark.parametrize("name", ["../../evil.png", "..\\evil.png", "/etc/evil.png", "evil.png"])
async def test_a_path_in_the_name_of_an_upload_leads_nowhere(studio, name):
    assert (await studio.picture(name)).endswith("_evil.png")


async def test_an_upload_without_a_file_is_refused(studio):
    assert (await studio.form("/api/run/upload-image", 400, other="x"))["detail"]


async def test_a_build_sets_the_parameters_in_the_graph(studio):
    params = json.dumps({"prompt": "a cat walking", "steps": 30, "seed": -1})
    graph = await studio.form("/api/run/wan-i2v-14b/build?format=api", params=params)
    assert graph["5"]["inputs"]["value"] == "a cat walking"
    assert graph["10"]["inputs"]["blur_radius"] == 30
    assert 0 <= graph["12"]["inputs"]["value"] <= 2**53
    assert graph["20"]["inputs"]["filename_prefix"] == "ComfyUI"


async def test_a_build_for_the_editor_holds_the_uploaded_picture(studio):
    workflow = await studio.form(
        "/api/run/wan-i2v-14b/build?format=workflow",
        params=json.dumps({"prompt": "a cat walking"}),
        files=[("input_image", "my-image.png", PICTURE)],
    )
    nodes = {node["type"]: node for node in workflow["nodes"]}
    assert nodes["PrimitiveString"]["widgets_values"][0] == "a cat walking"
    assert nodes["LoadImage"]["widgets_values"][0].endswith("_my-image.png")


async def test_a_run_with_an_uploaded_picture_ends_with_a_picture(studio):
    made = await studio.execute(
        "wan-i2v-14b",
        {"prompt": "a cat walking on the beach", "steps": 5, "seed": -1},
        files=[("input_image", "my-image.png", PICTURE)],
    )
    assert re.fullmatch("[0-9a-f]{32}", made["client_id"])
    assert 0 <= made["seeds"]["seed"] <= 2**53
    record = await studio.ended(made["prompt_id"])
    assert record["status"] == "completed"
    assert record["params"]["prompt"] == "a cat walking on the beach"
    assert record["seeds"] == made["seeds"]
    assert record["input_image"].endswith("_my-image.png")
    status = await studio.get(f"/api/run/status/{made['prompt_id']}")
    assert status == {"status": "completed", "outputs": {"image": record["output"]}}
    answer = await studio.raw(f"/api/run/result/{made['prompt_id']}?output_type=video")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'inline; filename="final_00001_.png"'


async def test_a_run_with_a_picture_that_is_here_already(studio):
    name = await studio.picture()
    record = await studio.run(
        "wan-i2v-14b", {"prompt": "a cat walking", "_existing_input_image": name}
    )
    assert record["status"] == "completed"
    assert record["input_image"] == name
    assert record["params"] == {"prompt": "a cat walking"}
    view = await studio.raw(f"/api/comfyui/view?filename={name}&type=input")
    assert view.body == PICTURE
    assert view.headers["Content-Type"] == "image/png"


async def test_an_existing_picture_can_be_named_by_its_input(studio):
    name = await studio.picture()
    record = await studio.run("wan-i2v-14b", {"_existing_image": name})
    assert record["input_image"] == name


async def test_a_film_comes_before_a_picture_and_in_ranges(studio):
    record = await studio.run("film")
    assert record["output"]["filename"].endswith(".mp4")
    status = await studio.get(f"/api/run/status/{record['prompt_id']}")
    assert set(status["outputs"]) == {"video", "image"}
    whole = await studio.raw(f"/api/run/result/{record['prompt_id']}")
    assert whole.headers["Content-Type"] == "video/mp4"
    part = await studio.raw(f"/api/run/result/{record['prompt_id']}", Range="bytes=4-11")
    assert (part.status, part.body) == (206, whole.body[4:12])


async def test_the_files_of_a_job_lie_together_as_ordinary_files(studio):
    record = await studio.run("film")
    assert FOLDER.fullmatch(record["output_dir"])
    folder = studio.folder(record)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert len([name for name in found if name.startswith("final/")]) == 4
    assert len([name for name in found if name.startswith("preview/")]) == 3
    assert record["output"]["subfolder"] == f"{record['output_dir']}/final"


async def test_a_running_job_tells_its_progress_in_thirteen_fields(studio):
    job_id = await studio.started(blurring(30))
    status = await studio.get(f"/api/run/status/{job_id}")
    assert set(status) == FIELDS
    assert status["status"] == "running"
    (queued,) = await studio.get("/api/admin/queue")
    assert set(queued["progress"]) == FIELDS
    assert queued["progress"]["total_nodes"] == 32
    assert (await studio.get(f"/api/run/result/{job_id}", 404))["detail"] == "Result not ready"
    deleted = await studio.post("/api/admin/history/delete", {"prompt_ids": [job_id]})
    assert deleted == {"deleted": [job_id]}


async def test_a_job_that_nobody_knows_is_pending_and_has_no_result(studio):
    status = await studio.get("/api/run/status/abc12345-6789-0def-0000-000000000000")
    assert status == {"status": "pending", "step": 0, "total_steps": 0}
    answer = await studio.get("/api/run/result/abc12345", 404)
    assert answer == {"detail": "Result not ready"}


async def test_a_refused_graph_names_its_nodes(studio):
    refused = await studio.execute("copy", {"picture": "not-there.png"}, 400)
    assert " | LoadImage (1): " in refused["detail"]


@pytest.mark.parametrize(
    ("params", "said"),
    [('{"steps": 31}', "'steps'"), ("{", "JSON"), ("[]", "object"), ('{"steps": "many"}', "steps")],
)
async def test_parameters_that_cannot_be_are_refused(studio, params, said):
    refused = await studio.form("/api/run/wan-i2v-14b/execute", 400, params=params)
    assert said in refused["detail"]


async def test_what_of_a_graph_cannot_run_is_left_out_and_told(studio):
    made = await studio.execute("wan-i2v-14b", {"image": "not-there.png"})
    assert "1" in made["node_errors"]


async def test_a_form_without_files_may_be_a_plain_one(studio):
    fields = {"params": '{"prompt": "plain & simple"}'}
    async with studio.session.post(studio.url + "/api/run/film/execute", data=fields) as answer:
        made = await answer.json()
    record = await studio.ended(made["prompt_id"])
    assert record["params"] == {"prompt": "plain & simple"}


async def test_an_unknown_workflow_is_not_found(studio):
    await studio.execute("unheard-of", {}, 404)
    await studio.form("/api/run/unheard-of/build", 404, params="{}")


async def test_the_workflow_inside_a_picture_is_read(studio):
    record = await studio.run("wan-i2v-14b", {"_existing_image": await studio.picture()})
    output = record["output"]
    path = f"{output['subfolder']}/{output['filename']}"
    stored = await studio.get(f"/api/run/extract-workflow/{path}?source=output")
    assert stored["prompt"]["10"]["class_type"] == "ImageBlur"
    data = (await studio.raw(f"/api/run/result/{record['prompt_id']}")).body
    sent = await studio.form("/api/run/extract-workflow", files=[("file", "x.png", data)])
    assert sent == stored
    await studio.form("/api/run/extract-workflow", 404, files=[("file", "x.png", PICTURE)])
    await studio.form("/api/run/extract-workflow", 400, files=[("file", "x.txt", b"no picture")])


@pytest.mark.parametrize(
    "query",
    ["filename=nothing.png", "filename=x&type=elsewhere", "filename=x&subfolder=../..",
     "filename=../../server.lock"],
)  # fmt: skip
async def test_what_is_not_a_file_of_ours_is_not_shown(studio, query):
    assert await studio.get(f"/api/comfyui/view?{query}", 404) == {"detail": "File not found"}
