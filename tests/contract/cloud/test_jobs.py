"""Jobs: submit, list by offset and cursor, look, cancel, delete."""

import pytest
from tests.contract.cloud.conftest import serving_cloud
from tests.contract.cloud.graphs import broken, loaded, saved
from tests.contract.native.graphs import slow

from greenroom.api.cloud.statuses import RAW, STATUSES
from greenroom.domain.ids import new_job_id
from greenroom.domain.job import JobState

pytestmark = pytest.mark.asyncio(loop_scope="module")


def ids(answer):
    return [job["id"] for job in answer.json()["jobs"]]


async def status(cloud, job_id):
    return (await cloud.get(f"/api/job/{job_id}/status")).json()


async def test_both_vocabularies_have_a_word_for_every_state():
    assert set(STATUSES) == set(RAW) == set(JobState)


async def test_a_job_runs_and_tells_its_outputs_in_both_vocabularies(cloud):
    job = await cloud.run(saved(0xFF0000, prefix="jobs/red"))

    assert job["status"] == "completed"
    (file,) = job["outputs"]["9"]["images"]
    assert file == {"filename": "red_00001_.png", "subfolder": "jobs", "type": "output"}
    assert job["outputs_count"] == 1
    assert job["preview_output"]["nodeId"] == "9"
    assert job["create_time"] <= job["execution_start_time"] <= job["execution_end_time"]
    assert job["update_time"] == job["execution_end_time"]
    assert job["create_time"] > 1_700_000_000_000
    assert job["workflow"]["prompt"] == saved(0xFF0000, prefix="jobs/red")
    assert job["execution_status"]["status_str"] == "success"
    raw = await status(cloud, job["id"])
    assert raw["status"] == "success"
    assert raw["error_message"] is None


async def test_a_job_that_waits_tells_its_place_and_no_outputs(cloud):
    async with cloud.paused():
        first, second = [await cloud.submit(saved(n)) for n in range(2)]
        job = await cloud.job(second)
        assert (job["status"], job["queue_position"]) == ("pending", 2)
        assert not {"outputs", "outputs_count", "execution_start_time"} & set(job)
        assert (await status(cloud, first))["status"] == "queued_waiting"
        running, pending = (await cloud.get("/api/queue")).json().values()
        assert running == []
        assert [item[:2] for item in pending] == [[1, first], [2, second]]
        assert pending[0][3] == ["9"]
        assert (await cloud.get("/api/prompt")).json()["exec_info"]["queue_remaining"] == 2
        await cloud.post("/api/queue", {"clear": True})


async def test_number_and_front_do_not_change_the_order(cloud):
    async with cloud.paused():
        first = await cloud.submit(saved(1))
        await cloud.submit(saved(2), front=True, number=-5)
        pending = (await cloud.get("/api/queue")).json()["queue_pending"]
        assert pending[0][1] == first
        await cloud.post("/api/queue", {"clear": True})


async def test_failures_are_told_with_every_field(cloud):
    await cloud.upload("/api/upload/image", b"no picture", "damaged.bin")
    job = await cloud.run(broken())
    assert job["status"] == "failed"
    error = job["execution_error"]
    assert (error["node_id"], error["node_type"]) == ("2", "LoadImage")
    assert error["exception_message"]
    raw = await status(cloud, job["id"])
    assert raw["status"] == "error"
    assert raw["error_message"]


async def test_what_is_wrong_with_a_graph_is_said_as_comfyui_says_it(cloud):
    graph = saved()
    graph["1"]["inputs"]["width"] = "wide"
    answer = await cloud.post("/api/prompt", {"prompt": graph})
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "prompt_outputs_failed_validation"
    assert "1" in answer.json()["node_errors"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"prompt": 1}', b"\xff"])
async def test_bodies_that_are_no_prompt_are_refused(cloud, body):
    answer = await cloud.send("POST", "/api/prompt", data=body)
    assert answer.status == 400
    assert answer.json()["error"]["type"]


async def test_pages_by_offset_and_by_cursor_hold_the_same_jobs(cloud):
    made = [(await cloud.run(saved(n), workflow_id="paged"))["id"] for n in range(5)]
    path = "/api/jobs?workflow_id=paged&limit=2"

    by_offset = [ids(await cloud.get(f"{path}&offset={n}")) for n in (0, 2, 4)]
    assert [job_id for page in by_offset for job_id in page] == made[::-1]
    assert (await cloud.get(f"{path}&offset=4")).json()["pagination"] == {
        "offset": 4, "limit": 2, "total": 5, "has_more": False,
    }  # fmt: skip
    for order, wanted in (("desc", made[::-1]), ("asc", made)):
        page = await cloud.get(f"{path}&sort_order={order}&after=")
        found = ids(page)
        while cursor := page.json()["pagination"].get("next_cursor"):
            page = await cloud.get(f"{path}&sort_order={order}&after={cursor}")
            found += ids(page)
        assert found == wanted
    first = (await cloud.get(path)).json()["pagination"]["next_cursor"]
    assert ids(await cloud.get(f"{path}&after={first}")) == made[::-1][2:4]


async def test_lists_are_filtered_by_status_and_kind_and_sorted_by_duration(cloud):
    film = {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 16, "height": 16, "batch_size": 2, "color": 5},
        },
        "2": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 8.0}},
        "9": {
            "class_type": "SaveVideo",
            "inputs": {
                "video": ["2", 0], "filename_prefix": "kinds/f", "format": "auto", "codec": "auto",
            },
        },
    }  # fmt: skip
    shown = (await cloud.run(film, workflow_id="kinds"))["id"]
    still = (await cloud.run(saved(9), workflow_id="kinds"))["id"]
    again = (await cloud.run(saved(9), workflow_id="kinds"))["id"]
    path = "/api/jobs?workflow_id=kinds"
    small = await cloud.get("/api/view?filename=f_00001_.mp4&subfolder=kinds&res=64")
    assert small.headers["Content-Type"] == "image/jpeg"

    assert ids(await cloud.get(f"{path}&output_type=video")) == [shown]
    assert ids(await cloud.get(f"{path}&output_type=image")) == [again, still]
    assert ids(await cloud.get(f"{path}&output_type=audio")) == []
    assert ids(await cloud.get(f"{path}&status=failed, cancelled".replace(" ", "%20"))) == []
    assert set(ids(await cloud.get(f"{path}&status=completed,pending"))) == {shown, still, again}
    by_time = (await cloud.get(f"{path}&sort_by=execution_time&sort_order=asc")).json()["jobs"]
    times = [job["execution_end_time"] - job["execution_start_time"] for job in by_time]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=1001", "limit=x", "offset=-1", "sort_by=name", "sort_order=up",
        "status=done", "output_type=text", "workflow_id=%00", "after=!", "after=eA", "after=MS54",
    ],
)  # fmt: skip
async def test_parameters_that_cannot_be_are_refused(cloud, query):
    answer = await cloud.get(f"/api/jobs?{query}")
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")


async def test_unknown_jobs_are_not_found(cloud):
    for job_id in (new_job_id(), "x"):
        for path in ("", "/assets"):
            assert (await cloud.get(f"/api/jobs/{job_id}{path}")).status == 404
        assert (await cloud.get(f"/api/job/{job_id}/status")).status == 404
        assert (await cloud.get(f"/api/history_v2/{job_id}")).status == 404
        assert (await cloud.send("DELETE", f"/api/jobs/{job_id}")).status == 404
    assert (await cloud.post(f"/api/jobs/{new_job_id()}/cancel", {})).status == 404
    assert (await cloud.post("/api/jobs/x/cancel", {})).status == 400


async def test_one_job_is_canceled_once(cloud):
    async with cloud.paused():
        job_id = await cloud.submit(saved())
        answers = [(await cloud.post(f"/api/jobs/{job_id}/cancel", {})).json() for _ in range(2)]
    assert answers == [{"cancelled": True}, {"cancelled": False}]
    assert (await cloud.job(job_id))["status"] == "cancelled"
    assert (await status(cloud, job_id))["status"] == "cancelled"


async def test_many_jobs_are_canceled_together_or_not_at_all(cloud):
    async with cloud.paused():
        first, second, third = [await cloud.submit(saved(n)) for n in range(3)]
        unknown = await cloud.post("/api/jobs/cancel", {"job_ids": [first, new_job_id()]})
        assert unknown.status == 404
        assert (await cloud.job(first))["status"] == "pending"
        await cloud.post(f"/api/jobs/{second}/cancel", {})
        done = await cloud.post("/api/jobs/cancel", {"job_ids": [first, second]})
        assert done.json() == {"cancelled": [first]}
        taken = await cloud.post("/api/queue", {"delete": [third, first]})
        assert taken.json() == {"deleted": [third], "cleared": False}


@pytest.mark.parametrize("value", [None, [], "x", ["x"], [1], [new_job_id()] * 101])
async def test_lists_of_ids_that_cannot_be_are_refused(cloud, value):
    assert (await cloud.post("/api/jobs/cancel", {"job_ids": value})).status == 400


@pytest.mark.parametrize("path", ["/api/queue", "/api/history"])
@pytest.mark.parametrize("body", [[], {"delete": "x"}, {"clear": "yes"}, {"other": 1}])
async def test_changes_that_are_not_known_are_refused(cloud, path, body):
    assert (await cloud.post(path, body)).status == 400


async def test_an_interruption_stops_what_runs_and_nothing_that_waits(cloud):
    async with cloud.socket(clientId="x") as ears:
        running = await cloud.submit(slow())
        waiting = await cloud.submit(saved(77))
        await ears.until(lambda m: isinstance(m, dict) and m["type"] == "execution_start")
        assert (await cloud.send("POST", "/api/interrupt")).status == 200
        assert (await cloud.ended(running))["status"] == "cancelled"
    assert (await cloud.ended(waiting))["status"] == "completed"
    unknown = await cloud.post("/api/interrupt", {"prompt_id": new_job_id()})
    assert unknown.status == 404


async def test_the_history_tells_the_newest_first_without_the_editors_workflow(cloud):
    extra = {"extra_pnginfo": {"workflow": {"id": "w", "nodes": []}, "note": 1}}
    first = (await cloud.run(saved(1)))["id"]
    second = (await cloud.run(saved(2), extra_data=extra))["id"]

    newest, older = (await cloud.get("/api/history_v2?max_items=2")).json()["history"]
    assert [newest["prompt_id"], older["prompt_id"]] == [second, first]
    assert newest["prompt"]["extra_data"]["extra_pnginfo"] == {"note": 1}
    assert newest["workflow_id"] == "w"
    behind = (await cloud.get("/api/history_v2?max_items=1&offset=1")).json()["history"]
    assert [entry["prompt_id"] for entry in behind] == [first]
    whole = (await cloud.get(f"/api/history_v2/{second}")).json()[second]
    assert whole["prompt"]["prompt"] == saved(2)
    assert whole["prompt"]["extra_data"]["extra_pnginfo"] == extra["extra_pnginfo"]
    assert whole["outputs"]["9"]["images"]
    await cloud.post("/api/history", {"delete": [second]})
    assert (await cloud.get(f"/api/history_v2/{second}")).status == 404


async def test_keys_for_paid_nodes_are_never_shown(cloud):
    secret = {"extra_data": {"api_key_comfy_org": "comfyui-secret"}}
    job = await cloud.run(saved(3), **secret)
    for path in (f"/api/jobs/{job['id']}", f"/api/history_v2/{job['id']}", "/api/history_v2"):
        assert b"comfyui-secret" not in (await cloud.get(path)).body


async def test_the_files_of_a_job_are_listed_with_their_nodes(cloud):
    graph = saved(4, prefix="listed/a")
    graph["1"]["inputs"]["batch_size"] = 3
    job = await cloud.run(graph)
    path = f"/api/jobs/{job['id']}/assets"
    found = (await cloud.get(path)).json()
    assert [(one["node_id"], one["output_index"]) for one in found["assets"]] == [
        ("9", 0), ("9", 1), ("9", 2),
    ]  # fmt: skip
    page = (await cloud.get(f"{path}?limit=1&offset=1")).json()
    assert page["assets"][0]["name"] == "a_00002_.png"
    assert page["pagination"] == {"offset": 1, "limit": 1, "total": 3, "has_more": True}
    assert (await cloud.get(f"{path}?limit=501")).status == 400


async def test_a_deleted_job_takes_its_files_with_it_unless_one_is_needed(cloud):
    job = await cloud.run(saved(0xAA, prefix="gone/a"))
    (asset,) = (await cloud.get(f"/api/jobs/{job['id']}/assets")).json()["assets"]
    path = f"/api/jobs/{job['id']}"
    async with cloud.paused():
        waiting = await cloud.submit(saved(0xAB))
        assert (await cloud.send("DELETE", f"/api/jobs/{waiting}")).status == 204
        assert (await cloud.job(waiting))["status"] == "pending"
        reference = {"__type": "core/ASSET", "info": {"id": asset["id"]}}
        user = await cloud.submit(loaded(reference))
        refused = await cloud.send("DELETE", path)
        assert (refused.status, refused.json()["code"]) == (409, "ASSET_IN_USE")
        assert (await cloud.get(path)).status == 200
        await cloud.post("/api/jobs/cancel", {"job_ids": [user, waiting]})
    assert (await cloud.send("DELETE", path)).status == 204
    assert (await cloud.get(path)).status == 404
    assert (await cloud.get(f"/api/assets/{asset['id']}")).status == 404


async def test_a_full_queue_says_when_to_come_again(tmp_path):
    async with serving_cloud(tmp_path, queue_limit=1) as cloud, cloud.paused():
        await cloud.submit(saved(1))
        answer = await cloud.post("/api/prompt", {"prompt": saved(2)})
    assert (answer.status, answer.json()["error"]["type"]) == (429, "QUEUE_LIMIT")
    assert int(answer.headers["Retry-After"]) > 0
