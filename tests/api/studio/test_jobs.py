"""Queue, history, delete, retry and package, as their users' commands call them."""

import io
import json
import zipfile

import pytest
from tests.api.studio.conftest import CALLER, PICTURE
from tests.cli.graphs import blurring

from greenroom.domain.asset import Root
from greenroom.service.assets import FileName
from greenroom.store import asset_shares

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/api/admin/history"
GRAPH = {
    "1": {
        "class_type": "EmptyImage",
        "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 7},
    },
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "loose"}},
}
BROKEN = {
    "1": {"class_type": "PrimitiveString", "inputs": {"value": "not a number"}},
    "2": {
        "class_type": "ComfyNumberConvert",
        "inputs": {"value": ["1", 0]},
        "_meta": {"title": "Find it"},
    },
    "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
}


class Paused:
    """Workers that take nothing while the block lasts."""

    def __init__(self, studio):
        self.studio = studio

    async def __aenter__(self):
        await self.studio.post("/api/console/workers", {"action": "pause"})

    async def __aexit__(self, *_):
        await self.studio.post("/api/console/workers", {"action": "resume"})


async def _native(studio, graph=GRAPH):
    made = await studio.post("/prompt", {"prompt": graph})
    return await studio.ended(made["prompt_id"])


async def test_waiting_jobs_stand_in_the_queue_with_progress_of_zero(studio):
    async with Paused(studio):
        made = [(await studio.execute("film", {"prompt": "a cat"}))["prompt_id"] for _ in range(2)]
        queue = await studio.get("/api/admin/queue")
        assert [one["prompt_id"] for one in queue] == made
        assert await studio.get(f"/api/run/status/{made[0]}") == {
            "status": "pending", "step": 0, "total_steps": 0,
        }  # fmt: skip
        assert await studio.get(f"{HISTORY}/{made[0]}") == queue[0]
    first = queue[0]
    assert first["status"] == first["progress"]["status"] == "queued"
    assert first["progress"]["percent"] == 0
    assert first["progress"]["eta_seconds"] is None
    assert first["progress"]["node_outputs"] == {}
    assert (first["started_at"], first["finished_at"], first["output"]) == (None, None, None)
    assert first["params"] == {"prompt": "a cat"}
    for job_id in made:
        await studio.ended(job_id)
    assert await studio.get("/api/admin/queue") == []


async def test_the_history_has_the_newest_first(studio):
    old, new = await studio.run("film"), await studio.run("film")
    history = await studio.get(HISTORY)
    ids = [one["prompt_id"] for one in history]
    assert ids.index(new["prompt_id"]) < ids.index(old["prompt_id"])
    assert history[ids.index(new["prompt_id"])] == new
    assert new["duration"] >= 0
    assert new["queued_at"] <= new["started_at"] <= new["finished_at"]


async def test_a_history_is_narrowed_and_paged(studio):
    wanted = [await studio.run("film", {"prompt": "a very rare bird"}) for _ in range(3)]
    ids = [one["prompt_id"] for one in reversed(wanted)]
    found = await studio.get(f"{HISTORY}?q=very%20rare%20bird&workflow_id=film&status=completed")
    assert [one["prompt_id"] for one in found] == ids
    first = await studio.get(f"{HISTORY}?q=very%20rare%20bird&limit=2")
    rest = await studio.get(f"{HISTORY}?q=very%20rare%20bird&before={first[-1]['prompt_id']}")
    assert [one["prompt_id"] for one in (*first, *rest)] == ids
    assert await studio.get(f"{HISTORY}?q=very%20rare%20bird&status=error") == []
    assert await studio.get(f"{HISTORY}?workflow_id=unheard-of") == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "status=done"])
async def test_a_question_that_cannot_be_is_refused(studio, query):
    assert (await studio.get(f"{HISTORY}?{query}", 400))["detail"]


async def test_a_failed_run_names_its_node(studio):
    record = await _native(studio, BROKEN)
    assert record["status"] == "error"
    assert record["error"].startswith("[Find it] ")
    status = await studio.get(f"/api/run/status/{record['prompt_id']}")
    assert status == {"status": "error", "error": record["error"]}
    assert await studio.get(f"/api/run/result/{record['prompt_id']}", 404) == {
        "detail": "No output found"
    }
    assert record["prompt_id"] in [
        one["prompt_id"] for one in await studio.get(f"{HISTORY}?status=failed")
    ]


async def test_a_job_of_another_dialect_has_a_record_too(studio):
    record = await _native(studio)
    assert record["status"] == "completed"
    assert (record["workflow_id"], record["output_dir"]) == (None, None)
    assert record["workflow_name"]
    assert record["output"]["filename"].startswith("loose_")


async def test_a_cancelled_job_is_an_error_that_says_so(studio):
    async with Paused(studio):
        made = (await studio.execute("film"))["prompt_id"]
        await studio.post("/api/console/jobs/cancel", {"ids": [made]})
        record = await studio.get(f"{HISTORY}/{made}")
    assert (record["status"], record["cancelled"]) == ("error", True)
    assert "cancelled" in record["error"]


async def test_a_retry_repeats_parameters_seeds_and_picture_as_a_new_job(studio):
    name = await studio.picture()
    first = await studio.run(
        "wan-i2v-14b", {"prompt": "a cat", "steps": 4, "_existing_input_image": name}
    )
    answer = await studio.post(f"{HISTORY}/retry", {"prompt_id": first["prompt_id"]})
    assert answer["retry_of"] == first["prompt_id"]
    second = await studio.ended(answer["prompt_id"])
    assert second["retry_of"] == first["prompt_id"]
    same = ("params", "seeds", "input_image", "workflow_id", "workflow_name")
    assert [second[key] for key in same] == [first[key] for key in same]
    assert second["output_dir"] != first["output_dir"]
    again = await studio.post(f"{HISTORY}/retry", {"prompt_id": second["prompt_id"]})
    assert (await studio.ended(again["prompt_id"]))["seeds"] == first["seeds"]


async def test_a_retry_that_cannot_be_says_why(studio):
    unknown = {"prompt_id": "00000000-0000-0000-0000-000000000000"}
    retry = f"{HISTORY}/retry"
    assert await studio.post(retry, {}, 400) == {"detail": "prompt_id required"}
    assert await studio.post(retry, unknown, 404) == {"detail": "Job not found"}
    bare = await _native(studio)
    without = await studio.post(retry, {"prompt_id": bare["prompt_id"]}, 400)
    assert without == {"detail": "Job has no workflow_id"}


async def test_a_retry_whose_picture_is_gone_fails_as_a_server_does(studio):
    name = await studio.picture()
    record = await studio.run("copy", {"_existing_input_image": name})
    asset = await studio.services.assets.find(CALLER, FileName(Root.INPUT, "", name))
    await studio.services.assets.delete(CALLER, [asset.id])
    refused = await studio.post(f"{HISTORY}/retry", {"prompt_id": record["prompt_id"]}, 500)
    assert "LoadImage" in refused["detail"]


async def test_a_retry_of_a_workflow_that_is_gone_is_not_found(studio):
    content = json.dumps(GRAPH).encode()
    await studio.form("/api/admin/library/workflows", 201, files=[("w.json", "Gone.json", content)])
    record = await studio.run("gone")
    await studio.native.send("DELETE", "/api/admin/library/workflows/gone")
    await studio.post(f"{HISTORY}/retry", {"prompt_id": record["prompt_id"]}, 404)


async def test_deleting_removes_records_and_only_their_own_folders(studio):
    kept, gone = await studio.run("film"), await studio.run("film")
    bare = await _native(studio)
    ids = [gone["prompt_id"], "unknown", gone["prompt_id"], bare["prompt_id"]]
    (studio.folder(gone) / "notes.txt").write_text("of a person")
    before = _files(studio) - _files(studio, gone["output_dir"])
    answer = await studio.post(f"{HISTORY}/delete", {"prompt_ids": ids})
    assert answer == {"deleted": [gone["prompt_id"], bare["prompt_id"]]}
    assert not studio.folder(gone).exists()
    assert _files(studio) == before
    assert await studio.get(f"{HISTORY}/{gone['prompt_id']}", 404) == {"detail": "Job not found"}
    assert (await studio.raw(f"/api/run/result/{kept['prompt_id']}")).status == 200


async def test_deleting_leaves_the_files_that_another_job_shows_too(studio):
    kept, gone = await studio.run("film"), await studio.run("film")
    shared = (await studio.services.assets.in_folder(CALLER, Root.OUTPUT, gone["output_dir"]))[0]
    await studio.services.assets._db.write(
        lambda tx: asset_shares.add(tx, CALLER.tenant, shared.id, kept["prompt_id"])
    )
    await studio.post(f"{HISTORY}/delete", {"prompt_ids": [gone["prompt_id"]]})
    assert {path.name for path in _files(studio, gone["output_dir"])} == {shared.name}
    found = await studio.services.assets.in_folder(CALLER, Root.OUTPUT, gone["output_dir"])
    assert [(one.id, one.job_id) for one in found] == [(shared.id, kept["prompt_id"])]
    await studio.post(f"{HISTORY}/delete", {"prompt_ids": [kept["prompt_id"]]})
    assert not _files(studio, gone["output_dir"])


@pytest.mark.parametrize("body", [{}, {"prompt_ids": []}, {"prompt_ids": ["unknown"]}])
async def test_deleting_nothing_deletes_nothing(studio, body):
    assert await studio.post(f"{HISTORY}/delete", body) == {"deleted": []}


async def test_a_body_that_is_no_json_is_refused(studio):
    answer = await studio.native.send("POST", f"{HISTORY}/delete", b"{")
    assert answer.status == 400
    assert answer.json()["detail"]


async def test_deleting_a_job_that_waits_cancels_it_first(studio):
    async with Paused(studio):
        made = (await studio.execute("film"))["prompt_id"]
        answer = await studio.post(f"{HISTORY}/delete", {"prompt_ids": [made]})
        assert answer == {"deleted": [made]}
        assert await studio.get("/api/admin/queue") == []


async def test_deleting_a_job_that_runs_stops_it_first(studio):
    made = await studio.started(blurring(30))
    answer = await studio.post(f"{HISTORY}/delete", {"prompt_ids": [made]})
    assert answer == {"deleted": [made]}
    assert await studio.get("/api/admin/queue") == []


async def test_a_package_holds_the_record_the_picture_and_every_file_of_the_folder(studio):
    name = await studio.picture()
    record = await studio.run("wan-i2v-14b", {"prompt": "schön", "_existing_input_image": name})
    answer = await studio.raw(f"{HISTORY}/{record['prompt_id']}/package")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="job_{record["output_dir"]}.zip"'
    )
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            f"input/{name}", "job.json", "output/final/final_00001_.png",
        ]  # fmt: skip
        assert archive.read(f"input/{name}") == PICTURE
        text = archive.read("job.json").decode()
    assert json.loads(text) == record
    assert '\n  "params"' in text
    assert "schön" in text


async def test_a_package_of_a_job_without_a_folder_holds_what_it_made(studio):
    record = await _native(studio)
    answer = await studio.raw(f"{HISTORY}/{record['prompt_id']}/package")
    assert f"job_{record['prompt_id'][:12]}.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert f"output/{record['output']['filename']}" in archive.namelist()


async def test_a_package_of_an_unknown_job_is_not_found(studio):
    assert await studio.get(f"{HISTORY}/unknown/package", 404) == {"detail": "Job not found"}


def _files(studio, folder=""):
    top = studio.data_folder / "output"
    return {path for path in (top / folder).rglob("*") if path.is_file()}
