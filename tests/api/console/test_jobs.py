"""Jobs as the UI lists them, shows them, runs them again and deletes them."""

import io
import zipfile

import pytest
from tests.api.console.conftest import SAMPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROKEN = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "broken.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}


async def test_a_finished_job_is_listed_with_its_name_times_and_thumbnail(console):
    (job_id,) = await console.run()
    card = (await console.get("/jobs"))["jobs"][0]
    assert card["id"] == job_id
    assert card["status"] == "completed"
    assert card["workflow_name"] == "Blue"
    assert card["queued_at"] <= card["started_at"] <= card["finished_at"]
    assert card["duration"] == (card["finished_at"] - card["started_at"]) / 1000
    assert card["outputs_count"] == 1
    answer = await console.native.get(card["preview"]["thumbnail"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/webp"
    tag = {name.lower(): value for name, value in answer.headers.items()}["etag"]
    again = await console.native.get(card["preview"]["thumbnail"], **{"If-None-Match": tag})
    assert again.status == 304


async def test_a_job_is_shown_with_parameters_outputs_attempts_and_graph(console):
    (job_id,) = await console.run()
    job = await console.get(f"/jobs/{job_id}")
    values = {one["label"]: one["value"] for one in job["parameters"]}
    assert values["Width"] == 64
    assert values["Height"] == 48
    (output,) = job["outputs"]
    assert output["kind"] == "image"
    assert (await console.native.get(output["url"])).body.startswith(b"\x89PNG")
    assert [one["outcome"] for one in job["attempts"]] == ["succeed"]
    assert job["graph"] == SAMPLE
    assert job["output_directory"] == ""


async def test_a_failed_job_says_which_node_failed_and_what_to_try(console):
    await console.native.upload("broken.png", b"not a picture")
    (job_id,) = await console.run(BROKEN)
    job = await console.get(f"/jobs/{job_id}")
    assert job["card"]["status"] == "error"
    assert job["error"]["node_id"] == "1"
    assert job["error"]["node_type"] == "LoadImage"
    assert job["error"]["advice"]
    assert job["card"]["error"] == job["error"]["message"].strip()


async def test_jobs_are_filtered_by_status_and_text(console):
    (job_id,) = await console.run()

    async def ids(query):
        return [job["id"] for job in (await console.get(f"/jobs?{query}"))["jobs"]]

    assert job_id in await ids("status=completed")
    assert job_id not in await ids("status=error,stalled")
    assert await ids(f"text={job_id[:12]}") == [job_id]
    assert await ids("text=nobody+wrote+this") == []


async def test_pages_of_history_follow_each_other(console):
    await console.run(count=3)
    first = await console.get("/jobs?limit=2")
    second = await console.get(f"/jobs?limit=2&cursor={first['next']}")
    ids = [job["id"] for job in first["jobs"] + second["jobs"]]
    assert len(set(ids)) == len(ids) > 2


@pytest.mark.parametrize(
    "query", ["status=nonsense", "cursor=x", "cursor=1.x", "after=x", "limit=-1"]
)
async def test_a_wrong_filter_is_refused_with_words(console, query):
    problem = await console.get(f"/jobs?{query}", status=400)
    assert problem["code"] == "bad_request"
    assert problem["message"]


async def test_a_job_run_again_has_the_same_graph(console):
    (job_id,) = await console.run()
    (again,) = (await console.post("/jobs/rerun", {"ids": [job_id]}))["ids"]
    job = await console.ended(again)
    assert again != job_id
    assert job["graph"] == SAMPLE
    assert job["card"]["workflow_name"] == "Blue"
    (other,) = await console.run(name="The same graph")
    assert (await console.get(f"/jobs/{other}"))["card"]["workflow_name"] == "The same graph"


async def test_an_unknown_job_is_not_found(console):
    assert (await console.get("/jobs/nothing", status=404))["code"] == "not_found"
    assert (await console.post("/jobs/rerun", {"ids": ["nothing"]}, status=404))["message"]


async def test_deleting_a_job_deletes_its_files_from_the_disk(console, tmp_path_factory):
    graph = {**SAMPLE, "2": {**SAMPLE["2"], "inputs": {**SAMPLE["2"]["inputs"]}}}
    graph["2"]["inputs"]["filename_prefix"] = "doomed"
    (job_id,) = await console.run(graph)
    (output,) = (await console.get(f"/jobs/{job_id}"))["outputs"]
    assert (await console.post("/jobs/delete", {"ids": [job_id, "nothing"]}))["ids"] == [job_id]
    assert (await console.native.get(output["url"])).status == 404
    await console.get(f"/jobs/{job_id}", status=404)
    names = [one["name"] for one in (await console.get("/assets"))["assets"]]
    assert output["name"] not in names


async def test_a_file_that_two_jobs_show_goes_with_the_last_of_them(console):
    graph = {**SAMPLE, "2": {**SAMPLE["2"], "inputs": {**SAMPLE["2"]["inputs"]}}}
    graph["2"]["inputs"]["filename_prefix"] = "shared"
    (first,) = await console.run(graph)
    (second,) = await console.run(graph)
    (output,) = (await console.get(f"/jobs/{first}"))["outputs"]
    assert [one["name"] for one in (await console.get(f"/jobs/{second}"))["outputs"]] == [
        output["name"]
    ]
    await console.post("/jobs/delete", {"ids": [first]})
    assert (await console.native.get(output["url"])).status == 200
    await console.post("/jobs/delete", {"ids": [second]})
    assert (await console.native.get(output["url"])).status == 404


async def test_a_job_is_packed_with_its_record_graph_and_files(console):
    (job_id,) = await console.run()
    answer = await console.native.get(f"/api/console/jobs/{job_id}/package")
    assert f"job_{job_id[:12]}.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        names = archive.namelist()
        assert names[:2] == ["job.json", "prompt.json"]
        assert archive.read(names[2]).startswith(b"\x89PNG")


async def test_the_stream_begins_with_what_runs_and_tells_of_every_end(console):
    stream = console.events()
    name, hello = await anext(stream)
    assert name == "hello"
    assert hello["runs"] == []
    (job_id,) = (await console.post("/run", {"name": "Blue", "graph": SAMPLE}))["ids"]
    seen = []
    async for name, data in stream:
        if data is not None and data["id"] == job_id:
            seen.append((name, data.get("status")))
        if seen and seen[-1] == ("job", "completed"):
            break
    await stream.aclose()
    assert seen[-1] == ("job", "completed")
