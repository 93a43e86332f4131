"""Forms of files, runs of forms, the gallery, files and workers."""

import io
import json
import zipfile
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from tests.api.console.conftest import SAMPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _form_of(console, data, name, status=200):
    answer = await console.native.send("POST", f"/api/console/workflow-file?name={name}", data)
    assert answer.status == status, answer.body
    return answer.json()


async def test_a_prompt_in_json_becomes_a_form(console):
    form = await _form_of(console, json.dumps(SAMPLE).encode(), "blue.json")
    assert form["name"] == "blue"
    fields = {field["label"]: field for field in form["fields"]}
    assert fields["Width"]["value"] == 64
    assert fields["Width"]["type"] == "int"
    assert form["missing"] == []


async def test_a_picture_made_here_becomes_the_form_it_was_made_with(console):
    (job_id,) = await console.run(values={"width": 80})
    (output,) = (await console.get(f"/jobs/{job_id}"))["outputs"]
    picture = (await console.native.get(output["url"])).body
    form = await _form_of(console, picture, output["name"])
    assert {field["id"]: field["value"] for field in form["fields"]}["width"] == 80


async def test_nodes_that_nobody_knows_are_named(console):
    graph = {**SAMPLE, "3": {"class_type": "Unheard", "inputs": {"images": ["1", 0]}}}
    form = await _form_of(console, json.dumps(graph).encode(), "x.json")
    assert form["missing"] == ["Unheard"]


@pytest.mark.parametrize(
    ("data", "status"), [(b"no workflow", 415), (b'{"cut": ', 400), (b'{"a": 1}', 400)]
)
async def test_a_file_without_a_workflow_is_refused_with_words(console, data, status):
    assert (await _form_of(console, data, "x", status))["message"]


async def test_values_of_a_form_reach_the_graph(console):
    (job_id,) = await console.run(values={"width": 96, "height": 32})
    job = await console.get(f"/jobs/{job_id}")
    assert job["graph"]["1"]["inputs"]["width"] == 96
    assert job["graph"]["1"]["inputs"]["height"] == 32


async def test_a_value_that_cannot_be_is_refused_by_name(console):
    order = {"name": "x", "graph": SAMPLE, "values": {"width": "wide"}}
    problem = await console.post("/run", order, status=400)
    assert problem["details"] == {"parameter": "width"}


async def test_no_more_than_500_runs_are_ordered_at_once(console):
    order = {"name": "x", "graph": SAMPLE, "count": 6, "sweep": {"width": list(range(16, 100))}}
    assert "504 runs" in (await console.post("/run", order, status=400))["message"]
    await console.post("/run", {"name": "x", "graph": SAMPLE, "count": 0}, status=400)


async def test_fields_that_vary_make_a_run_for_each_combination(console):
    order = {"name": "x", "graph": SAMPLE, "sweep": {"width": [32, 40], "height": [8, 16]}}
    made = await console.post("/run", order)
    assert made["labels"] == [
        "Width 32, Height 8", "Width 32, Height 16", "Width 40, Height 8", "Width 40, Height 16",
    ]  # fmt: skip
    sizes = []
    for job_id in made["ids"]:
        inputs = (await console.ended(job_id))["graph"]["1"]["inputs"]
        sizes.append((inputs["width"], inputs["height"]))
    assert sizes == [(32, 8), (32, 16), (40, 8), (40, 16)]


async def test_a_sweep_with_a_value_that_cannot_be_makes_no_job(console):
    before = (await console.get("/jobs"))["jobs"]
    order = {"name": "x", "graph": SAMPLE, "sweep": {"width": [32, "wide"]}}
    assert (await console.post("/run", order, status=400))["details"] == {"parameter": "width"}
    await console.post("/run", {"name": "x", "graph": SAMPLE, "sweep": {"width": []}}, status=400)
    assert (await console.get("/queue"))["waiting"] == []
    assert (await console.get("/jobs"))["jobs"] == before


async def test_a_workflow_of_the_library_is_run_with_values_that_vary(console):
    await console.post("/workflows", {"name": "Varied shelf", "graph": SAMPLE})
    form = await console.get("/workflows/library-varied-shelf")
    order = {
        "library_id": form["library_id"],
        "sweep": {"width": [24, 48]},
        "values": {"height": 8},
    }
    made = await console.post("/run", {"name": "x", "graph": {}, **order})
    assert made["labels"] == ["Width 24", "Width 48"]
    inputs = [(await console.ended(one))["graph"]["1"]["inputs"] for one in made["ids"]]
    assert [(one["width"], one["height"]) for one in inputs] == [(24, 8), (48, 8)]


async def test_files_are_narrowed_to_the_workflow_that_made_them(console):
    await console.post("/workflows", {"name": "Own shelf", "graph": SAMPLE})
    await console.run({}, library_id="own-shelf", values={"width": 20})
    (asset,) = (await console.get("/assets?workflow=own-shelf"))["assets"]
    assert (await console.get(f"/jobs/{asset['job_id']}"))["card"]["workflow_id"] == "own-shelf"


async def test_the_form_of_a_manifest_has_sizes_scenes_and_loras_to_pick(console):
    folder = Path(__file__).parents[3] / "examples" / "workflows" / "wan-scenes"
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    form = aiohttp.FormData({"source": "wan-scenes"})
    for name, path in files.items():
        form.add_field(name, path.read_bytes(), filename=name)
    address = f"{console.url}/api/admin/library/workflows"
    async with console.session.post(address, data=form) as answer:
        assert answer.status == 201, await answer.text()
    shown = await console.get("/workflows/library-wan-scenes")
    fields = {field["id"]: field for field in shown["fields"]}
    assert fields["size"]["presets"][1] == {
        "family": "wan", "label": "Portrait", "width": 704, "height": 1280,
    }  # fmt: skip
    assert fields["scenes"]["per_scene"] == ["prompt", "duration", "seed"]
    assert fields["loras"]["most"] == 5
    assert fields["vae_file"]["options"][0] == {"label": "The workflow's own", "value": ""}
    (card,) = [
        one
        for one in (await console.get("/workflows"))["workflows"]
        if one["id"] == "library-wan-scenes"
    ]
    assert "Wan22ImageToVideoLatent" in card["lacking"]


async def test_a_workflow_whose_newest_job_waits_shows_its_newest_picture(console):
    (ran,) = await console.run(name="Pictured")
    await console.post("/tenants", {"action": "pause"})
    (waits,) = (await console.post("/run", {"name": "Pictured", "graph": SAMPLE}))["ids"]
    cards = {card["name"]: card for card in (await console.get("/workflows"))["workflows"]}
    await console.post("/tenants", {"action": "resume"})
    assert cards["Pictured"]["id"] == f"job-{waits}"
    assert (
        cards["Pictured"]["thumbnail"]
        == ((await console.get(f"/jobs/{ran}"))["card"]["preview"]["thumbnail"])
    )
    await console.ended(waits)


async def test_kept_and_recent_workflows_and_a_sample_stand_in_the_gallery(console):
    await console.run()
    kept = {"name": "Kept for later", "graph": SAMPLE, "values": {"width": 56}}
    (kept_id,) = (await console.post("/workflows", kept))["ids"]
    cards = (await console.get("/workflows"))["workflows"]
    by_name = {card["name"]: card["source"] for card in cards}
    assert by_name["Kept for later"] == "library"
    assert by_name["Blue"] == "recent"
    for card in cards:
        assert (await console.get(f"/workflows/{quote(card['id'])}"))["fields"]
    form = await console.get(f"/workflows/{kept_id}")
    assert {field["id"]: field["value"] for field in form["fields"]}["width"] == 56


async def test_a_workflow_of_the_library_runs_in_a_folder_of_its_own_and_again(console):
    await console.post("/workflows", {"name": "Shelf", "graph": SAMPLE})
    form = await console.get("/workflows/library-shelf")
    order = {"library_id": form["library_id"], "values": {"width": 40}}
    (job_id,) = await console.run(form["graph"], **order)
    job = await console.get(f"/jobs/{job_id}")
    assert job["card"]["workflow_name"] == "Shelf"
    assert job["card"]["workflow_id"] == "shelf"
    assert job["output_directory"]
    assert {one["label"]: one["value"] for one in job["parameters"]}["Width"] == 40
    (again,) = (await console.post("/jobs/rerun", {"ids": [job_id]}))["ids"]
    assert (await console.ended(again))["graph"]["1"] == job["graph"]["1"]
    assert (await console.post("/jobs/delete", {"ids": [job_id]}))["ids"] == [job_id]
    folder = f"/assets?subfolder={job['output_directory']}"
    assert (await console.get(folder))["assets"] == []


async def test_the_sample_runs_as_it_is(console):
    form = await console.get("/workflows/sample")
    (job_id,) = await console.run(form["graph"])
    assert (await console.get(f"/jobs/{job_id}"))["card"]["status"] == "completed"


async def test_files_are_listed_by_kind_and_downloaded_together(console):
    await console.run(count=2)
    page = await console.get("/assets?kind=image&limit=2")
    ids = [one["id"] for one in page["assets"]]
    answer = await console.native.get(f"/api/console/assets/zip?ids={','.join(ids)}")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert len(archive.namelist()) == 2
        assert archive.testzip() is None
    more = await console.get(f"/assets?kind=image&limit=2&cursor={page['next']}")
    assert not {one["id"] for one in more["assets"]} & set(ids)
    assert (await console.get("/assets?kind=video"))["assets"] == []


async def test_waiting_jobs_are_moved_and_cancelled_while_workers_pause(console):
    await console.post("/workers", {"action": "pause"})
    ids = (await console.post("/run", {"name": "x", "graph": SAMPLE, "count": 3}))["ids"]
    await console.post("/queue/move", {"ids": [ids[2]]})
    queue = await console.get("/queue")
    assert [one["card"]["id"] for one in queue["waiting"]] == [ids[2], ids[0], ids[1]]
    assert [one["position"] for one in queue["waiting"]] == [1, 2, 3]
    assert queue["waiting_total"] == 3
    assert [one["status"] for one in queue["workers"]] == ["paused"]
    assert (await console.post("/jobs/cancel", {"ids": ids}))["ids"] == ids
    assert (await console.get("/queue"))["waiting"] == []
    await console.post("/workers", {"action": "resume"})


async def test_a_waiting_job_says_what_no_worker_has(console):
    await console.post("/workers", {"action": "pause"})
    (job_id,) = (await console.post("/run", {"name": "x", "graph": SAMPLE}))["ids"]
    (waiting,) = (await console.get("/queue"))["waiting"]
    assert waiting["waiting_for"] == (await console.get(f"/jobs/{job_id}"))["waiting_for"]
    await console.post("/jobs/cancel", {"ids": [job_id]})
    await console.post("/workers", {"action": "resume"})


async def test_a_worker_is_added_and_removed(console):
    (added,) = (await console.post("/workers/add", {"url": "127.0.0.1:9"}))["ids"]
    workers = {one["id"]: one for one in (await console.get("/workers"))["workers"]}
    assert workers[added]["url"] == "http://127.0.0.1:9"
    assert workers[added]["added"] is True
    await console.post("/workers/add", {"url": "127.0.0.1:9"}, status=409)
    answer = await console.native.send("DELETE", f"/api/console/workers/{added}")
    assert answer.status == 200
    assert added not in {one["id"] for one in (await console.get("/workers"))["workers"]}


async def test_orders_for_an_unknown_worker_are_refused(console):
    await console.post("/workers", {"action": "drain", "worker": "nobody"}, status=404)


async def test_the_server_tells_its_version_and_limits_but_no_secret(console):
    info = await console.get("/info")
    assert info["version"]
    assert info["key_required"] is False
    assert info["node_classes"] > 10
