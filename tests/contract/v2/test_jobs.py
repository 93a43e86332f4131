"""Jobs: submitted once, followed to their end, stopped on request."""

import asyncio
import io

import pytest
from PIL import Image
from tests.contract.v2.conformance import check_value
from tests.contract.v2.conftest import parsed, serving_v2
from tests.contract.v2.graphs import copied, picture, saved

from greenroom.api.v2 import shapes
from greenroom.domain.ids import new_job_id

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SCHEMAS = {
    "status": "StatusEvent",
    "progress": "Progress",
    "preview": "PreviewEvent",
    "output": "Output",
}


async def test_a_job_runs_and_its_outputs_can_be_read(v2):
    answer = await v2.submit(saved(0xFF0000))
    assert answer.status == 201
    job = await v2.ended(answer.json())

    assert job["status"] == "succeeded"
    assert job["error"] is None
    assert job["progress"]["value"] == 1
    assert job["metrics"]["execution_ms"] >= 0
    (made,) = job["outputs"]
    assert (made["node_id"], made["type"], made["job_id"]) == ("9", "image", job["id"])
    content = await v2.get(f"/api/v2/assets/{made['id']}/content")
    assert Image.open(io.BytesIO(content.body)).getpixel((0, 0)) == (255, 0, 0)
    assert (await v2.get(made["url"])).body == content.body
    asset = (await v2.get(f"/api/v2/assets/{made['id']}")).json()
    assert asset["job_id"] == job["id"]


async def test_a_graph_may_read_an_asset(v2):
    asset = (await v2.upload(picture((1, 2, 3)), "in/photo.png", "image/png")).json()
    job = await v2.ended((await v2.submit(copied(asset["id"]))).json())

    (made,) = job["outputs"]
    content = await v2.get(f"/api/v2/assets/{made['id']}/content")
    assert Image.open(io.BytesIO(content.body)).getpixel((0, 0)) == (1, 2, 3)


async def test_an_output_may_be_the_input_of_the_next_job(v2):
    first = await v2.ended((await v2.submit(saved(0x00FF00))).json())
    second = await v2.ended((await v2.submit(copied(first["outputs"][0]["id"]))).json())
    content = await v2.get(f"/api/v2/assets/{second['outputs'][0]['id']}/content")
    assert Image.open(io.BytesIO(content.body)).getpixel((0, 0)) == (0, 255, 0)


@pytest.mark.parametrize("info", [{"id": new_job_id()}, {"hash": "blake3:00"}, {}])
async def test_references_to_nothing_are_refused(v2, info):
    graph = copied("x")
    graph["1"]["inputs"]["image"]["info"] = info
    answer = await v2.submit(graph)
    assert (answer.status, answer.code) == (422, "missing_asset")
    assert answer.json()["error"]["details"]["node_id"] == "1"


async def test_expired_assets_are_missing(tmp_path):
    asset = None
    async with serving_v2(tmp_path) as v2:
        asset = (await v2.upload(picture("red"), "x.png", "image/png", expires_in=60)).json()
        v2.server.services.asset_records._db.clock = _Later(v2.server.services.clock)
        assert (await v2.get(f"/api/v2/assets/{asset['id']}")).status == 404
        answer = await v2.submit(copied(asset["id"]))
        assert (answer.status, answer.code) == (422, "missing_asset")


class _Later:
    def __init__(self, clock):
        self._clock = clock

    def now(self):
        return self._clock.now() + 61_000


async def test_the_graph_of_a_job_can_be_had_back(v2):
    graph = saved(7)
    job = (await v2.submit(graph)).json()
    answer = (await v2.get(f"{job['urls']['self']}/workflow")).json()
    assert answer == {"workflow": graph, "format": "api"}


async def test_what_is_wrong_with_a_graph_is_said_node_by_node(v2):
    graph = saved()
    graph["1"]["inputs"]["width"] = "wide"
    answer = await v2.submit(graph)
    assert (answer.status, answer.code) == (422, "invalid_workflow")
    (reason,) = answer.json()["error"]["details"]["node_errors"]["1"]
    assert reason["field"] == "width"


async def test_unknown_classes_are_named(v2):
    graph = {"1": {"class_type": "NoSuchNode", "inputs": {}}}
    answer = await v2.submit(graph)
    assert (answer.status, answer.code) == (422, "invalid_workflow")
    assert answer.json()["error"]["details"]["class_type"] == "NoSuchNode"


async def test_workflows_of_the_editor_are_refused(v2):
    answer = await v2.submit({"nodes": [], "links": [], "version": 0.4})
    assert (answer.status, answer.code) == (422, "workflow_format_ui")


@pytest.mark.parametrize(
    "more",
    [
        {"webhook_url": "https://example.com/hook"},
        {"inputs": {"a": 1}},
        {"extra_data": {"other": 1}},
        {"extra_data": {"api_key_comfy_org": 1}},
        {"metadata": "x" * 1100},
        {"priority": 1_000_001},
        {"priority": "high"},
        {"workflow": []},
    ],
    ids=str,
)
async def test_what_is_not_taken_is_refused(v2, more):
    answer = await v2.submit(**{"workflow": saved(), **more})
    assert (answer.status, answer.code) == (422, "invalid_request")


async def test_bodies_that_are_no_json_are_refused(v2):
    answer = await v2.send("POST", "/api/v2/jobs", data=b"{")
    assert (answer.status, answer.code) == (422, "invalid_request")


@pytest.mark.parametrize("part", ["", "/workflow", "/events"])
async def test_unknown_jobs_are_not_found(v2, part):
    answer = await v2.get(f"/api/v2/jobs/{new_job_id()}{part}")
    assert (answer.status, answer.code) == (404, "not_found")


async def test_unknown_jobs_cannot_be_stopped(v2):
    answer = await v2.send("POST", f"/api/v2/jobs/{new_job_id()}/cancel")
    assert (answer.status, answer.code) == (404, "not_found")


async def test_waiting_jobs_know_their_place_and_can_be_stopped_twice(v2):
    async with v2.paused():
        first, second = [(await v2.submit(saved(n))).json() for n in range(2)]
        assert [first["queue_position"], second["queue_position"]] == [1, 2]
        stopped = (await v2.send("POST", first["urls"]["cancel"])).json()
        assert stopped["status"] == "canceled"
        again = await v2.send("POST", first["urls"]["cancel"])
        assert (again.status, again.json()["status"]) == (200, "canceled")
        assert (await v2.get(second["urls"]["self"])).json()["queue_position"] == 1
    assert (await v2.ended(second))["status"] == "succeeded"


async def test_jobs_with_a_priority_go_first_and_tell_it_back(v2):
    async with v2.paused():
        plain = (await v2.submit(saved(1))).json()
        behind = (await v2.submit(saved(2), priority=-1)).json()
        urgent = (await v2.submit(saved(3), priority=5, metadata={"team": "red"})).json()
        assert (urgent["priority"], urgent["metadata"]) == (5, {"team": "red"})
        places = [
            (await v2.get(job["urls"]["self"])).json()["queue_position"]
            for job in (urgent, plain, behind)
        ]
        assert places == [1, 2, 3]
    assert (await v2.ended(behind))["status"] == "succeeded"


async def test_a_full_queue_says_when_to_come_again_and_gives_the_key_back(tmp_path):
    async with serving_v2(tmp_path, queue_limit=2) as v2, v2.paused():
        for _ in range(2):
            assert (await v2.submit(saved())).status == 201
        key = new_job_id()
        full = await v2.submit(saved(), key)
        assert (full.status, full.code) == (429, "queue_full")
        assert int(full.headers["Retry-After"]) > 0
        (waiting, *_) = (await v2.get("/api/v2/jobs")).json()["jobs"]
        await v2.send("POST", waiting["urls"]["cancel"])
        assert (await v2.submit(saved(), key)).status == 201


async def test_a_key_opens_one_job_whatever_comes_with_it(v2):
    key = new_job_id()
    assert (await v2.submit(saved(), key)).status == 201
    for graph in (saved(), saved(9), {"1": {}}):
        answer = await v2.submit(graph, key)
        assert (answer.status, answer.code) == (422, "idempotency_key_reuse")


async def test_a_refused_workflow_gives_its_key_back(v2):
    key = new_job_id()
    assert (await v2.submit({"1": {"class_type": "Nope", "inputs": {}}}, key)).status == 422
    assert (await v2.submit(saved(), key)).status == 201


async def test_of_requests_with_one_key_at_once_exactly_one_makes_a_job(v2):
    key = new_job_id()
    before = len((await v2.get("/api/v2/jobs?limit=500")).json()["jobs"])
    answers = await asyncio.gather(*(v2.submit(saved(n), key) for n in range(10)))
    assert sorted(answer.status for answer in answers) == [201, *[422] * 9]
    assert len((await v2.get("/api/v2/jobs?limit=500")).json()["jobs"]) == before + 1


async def test_jobs_are_listed_page_by_page_by_status_and_label(tmp_path):
    async with serving_v2(tmp_path) as v2, v2.paused():
        ids = [
            (await v2.submit(saved(n), metadata={"even": str(n % 2 == 0)})).json()["id"]
            for n in range(5)
        ]
        await v2.send("POST", f"/api/v2/jobs/{ids[0]}/cancel")
        found, cursor = [], ""
        while cursor is not None:
            page = (await v2.get(f"/api/v2/jobs?limit=2&cursor={cursor}")).json()
            found += [job["id"] for job in page["jobs"]]
            cursor = page.get("next_cursor")
        assert found == ids[::-1]
        stopped = (await v2.get("/api/v2/jobs?status=canceled,failed")).json()["jobs"]
        assert [job["id"] for job in stopped] == ids[:1]
        even = (await v2.get("/api/v2/jobs?metadata[even]=True&limit=2")).json()
        assert [job["id"] for job in even["jobs"]] == [ids[4], ids[2]]
        for bad in ("status=done", "limit=0", "limit=x", "cursor=x"):
            assert (await v2.get(f"/api/v2/jobs?{bad}")).status == 422


async def test_the_stream_tells_everything_and_ends_with_the_job(v2):
    async with v2.paused():
        job = (await v2.submit(saved(0x123456, 32))).json()
        path = v2.server.url + job["urls"]["events"]
        stream = await v2.session.get(path)
        first = await stream.content.readuntil(b"\n\n")
    frames = parsed((first + await stream.read()).decode())

    for _, event, data in frames:
        check_value(_SCHEMAS[event], data)
    statuses = [data["status"] for _, event, data in frames if event == "status"]
    assert statuses == ["queued", "running", "succeeded"]
    assert frames[-1][1] == "status"
    (made,) = [data for _, event, data in frames if event == "output"]
    ended = (await v2.get(job["urls"]["self"])).json()
    assert made["id"] == ended["outputs"][0]["id"]
    last = [data for _, event, data in frames if event == "progress"][-1]
    assert last["value"] == 1


async def test_the_end_is_told_to_all_who_watch_and_encoded_for_all_of_them(v2, monkeypatch):
    made = []
    well = shapes.finished_progress
    monkeypatch.setattr(
        shapes, "finished_progress", lambda nodes: made.append(nodes) or well(nodes)
    )
    async with v2.paused():
        job = (await v2.submit(saved(0x654321, 32))).json()
        path = v2.server.url + job["urls"]["events"]
        streams = [await v2.session.get(path) for _ in range(10)]
        for stream in streams:
            await stream.content.readuntil(b"\n\n")
    told = [parsed((await stream.read()).decode()) for stream in streams]
    for frames in told:
        assert frames[-2:] == told[0][-2:]
        assert [event for _, event, _ in frames[-2:]] == ["progress", "status"]
    # Some may have been busy with what came before.
    assert 0 < len(made) < len(streams)


async def test_a_stream_of_a_finished_job_tells_its_end_and_what_was_missed(v2):
    job = await v2.ended((await v2.submit(saved(77))).json())
    frames = await v2.frames(job["urls"]["events"])
    assert [event for _, event, _ in frames] == ["progress", "status"]
    missed = await v2.frames(job["urls"]["events"], **{"Last-Event-ID": "0"})
    assert [event for _, event, _ in missed] == ["output", "progress", "status"]
    assert [number for number, _, _ in missed] == ["1", "1", "1"]
    known = await v2.frames(job["urls"]["events"], **{"Last-Event-ID": "1"})
    assert [event for _, event, _ in known] == ["progress", "status"]
