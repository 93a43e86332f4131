"""WebSocket sessions: who hears what, and in which order."""

import json
import re

import aiohttp
import pytest
from tests.contract.native import graphs
from tests.contract.native.conftest import running
from tests.contract.native.recordings import INPUTS, ORACLE, needs_recordings
from tests.contract.native.test_jobs_api import BAD, started

FLAGS = {
    "supports_preview_metadata": True,
    "supports_model_type_tags": True,
    "max_upload_size": 104857600,
    "extension": {"manager": {"supports_v4": True}},
    "node_replacements": True,
    "assets": False,
}


@pytest.fixture
async def native(tmp_path):
    async with running(tmp_path) as started_server:
        yield started_server


def status(remaining, **more):
    return {
        "type": "status",
        "data": {"status": {"exec_info": {"queue_remaining": remaining}}, **more},
    }


async def run(native, graph, **fields):
    """Send a graph and wait on a socket of its own until it has run; gives its id."""
    fields.setdefault("client_id", "somebody")
    async with native.socket(fields["client_id"]) as ears:
        sent = await native.post("/prompt", {"prompt": graph, **fields})
        prompt_id = sent.json()["prompt_id"]
        await ears.until_done(prompt_id)
    return prompt_id


def kinds(messages):
    return [m["type"] if isinstance(m, dict) else "binary" for m in messages]


async def test_the_first_message_tells_the_number_of_jobs_and_the_sockets_id(native):
    for path in ("/ws", "/api/ws"):
        async with native.session.ws_connect(f"{native.server.url}{path}?clientId=abc") as socket:
            assert await socket.receive_json() == status(0, sid="abc")
    for query in ("", "?clientId="):
        async with native.session.ws_connect(f"{native.server.url}/ws{query}") as socket:
            first = await socket.receive_json()
            assert re.fullmatch("[0-9a-f]{32}", first["data"]["sid"])


@pytest.mark.parametrize(
    ("frames", "answered"),
    [
        ([{"type": "feature_flags", "data": {}}], True),
        (["{bad", {"type": "feature_flags", "data": {}}], True),
        (["[]", {"type": "feature_flags", "data": {}}], True),
        ([{"type": "feature_flags", "data": None}], True),
        (["9" * 5000, "[" * 50_000, {"type": "feature_flags", "data": {}}], True),
        ([{"type": "other"}, {"type": "feature_flags", "data": {}}], False),
        ([{"type": "feature_flags", "data": {}}, {"type": "feature_flags", "data": {}}], True),
    ],
)
async def test_only_the_first_object_says_what_a_client_can(native, frames, answered):
    async with native.socket("abc") as ears:
        assert await ears.next() == status(0, sid="abc")
        for frame in frames:
            await ears.connection.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        prompt_id = await run(native, graphs.picture())
        heard = await ears.until(lambda m: m == status(0))
        assert prompt_id
        flags = {"type": "feature_flags", "data": FLAGS}
        assert heard.count(flags) == (1 if answered else 0)


async def test_the_owner_hears_the_run_and_others_only_how_many_remain(native):
    async with native.socket("owner") as owner, native.socket("other") as other:
        await owner.next()
        await other.next()
        body = {"prompt": graphs.picture(), "client_id": "owner"}
        prompt_id = (await native.post("/prompt", body)).json()["prompt_id"]
        heard = await owner.until_done(prompt_id)
        assert kinds(heard) == [
            "status", "status", "execution_start", "execution_cached",
            "progress_state", "executing", "progress_state",
            "progress_state", "executing", "executed", "progress_state",
            "execution_success", "status", "executing",
        ]  # fmt: skip
        assert await other.next() == status(1)
        assert await other.next() == status(1)
        assert await other.next() == status(0)
        history = (await native.get(f"/history/{prompt_id}")).json()[prompt_id]
        told = {m["type"]: m["data"] for m in heard}
        for kind, data in history["status"]["messages"]:
            if kind != "execution_success":
                assert told[kind] == data


async def test_a_client_id_in_the_extra_data_counts_and_one_beside_it_wins(native):
    async with native.socket("in-extra") as ears:
        body = {"prompt": graphs.picture(1), "extra_data": {"client_id": "in-extra"}}
        prompt_id = (await native.post("/prompt", body)).json()["prompt_id"]
        await ears.until_done(prompt_id)
    async with native.socket("beside") as ears:
        body = {**body, "prompt": graphs.picture(2), "client_id": "beside"}
        prompt_id = (await native.post("/prompt", body)).json()["prompt_id"]
        await ears.until_done(prompt_id)
    extra = (await native.get(f"/api/jobs/{prompt_id}")).json()["workflow"]["extra_data"]
    assert extra["client_id"] == "beside"


async def test_nobody_hears_a_run_without_a_client(native):
    async with native.socket("a") as one, native.socket(None) as two:
        await native.post("/prompt", {"prompt": graphs.picture()})
        for ears in (one, two):
            heard = await ears.until(lambda m: m == status(0))
            assert set(kinds(heard)) == {"status"}


async def test_two_sockets_of_one_client_both_live_and_one_may_go(native):
    async with native.socket("twin") as second:
        async with native.socket("twin") as first:
            body = {"prompt": graphs.picture(1), "client_id": "twin"}
            prompt_id = (await native.post("/prompt", body)).json()["prompt_id"]
            assert kinds(await first.until_done(prompt_id)) == kinds(
                await second.until_done(prompt_id)
            )
        body = {"prompt": graphs.picture(2), "client_id": "twin"}
        prompt_id = (await native.post("/prompt", body)).json()["prompt_id"]
        assert "executed" in kinds(await second.until_done(prompt_id))


async def test_who_comes_back_is_told_what_was_missed(native):
    async with native.socket("away") as ears:
        prompt_id = await started(native, ears, "away")
    async with native.socket("away", {}) as ears:
        heard = await ears.until(lambda m: m["type"] == "feature_flags")
        assert heard[0] == status(1, sid="away")
        assert kinds(heard[1:5]) == [
            "execution_start", "execution_cached", "progress_state", "executing",
        ]  # fmt: skip
        assert all(m["data"]["prompt_id"] == prompt_id for m in heard[1:5])
        nodes = heard[3]["data"]["nodes"]
        assert nodes["1"]["state"] == "finished"
        assert heard[4]["data"]["node"] in nodes
        await native.send("POST", "/interrupt")
        rest = await ears.until_done(prompt_id)
        assert kinds(rest)[-3:] == ["execution_interrupted", "status", "executing"]


async def test_an_interrupt_ends_the_running_job_and_the_next_one_runs(native):
    async with native.socket("c") as ears:
        slow = await started(native, ears, "c")
        body = {"prompt": graphs.picture(), "client_id": "c"}
        following = (await native.post("/prompt", body)).json()["prompt_id"]
        await native.post("/interrupt", {"prompt_id": slow})
        heard = await ears.until_done(slow)
        assert kinds(heard)[-3:] == ["execution_interrupted", "status", "executing"]
        heard = await ears.until_done(following)
        assert kinds(heard)[:2] == ["status", "execution_start"]
    assert (await native.get(f"/api/jobs/{following}")).json()["status"] == "completed"


async def test_taking_the_last_job_out_of_the_queue_is_told(native):
    async with native.socket("c") as ears:
        slow = await started(native, ears, "c")
        sent = await native.post("/prompt", {"prompt": graphs.picture()})
        await ears.until(lambda m: m == status(2))
        await native.post("/queue", {"delete": [sent.json()["prompt_id"]]})
        await ears.until(lambda m: m == status(1))
        await native.post("/queue", {"clear": True})
        await native.send("POST", "/interrupt")
        await ears.until_done(slow)


def websocket_pictures():
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": "grad.png"}},
        "2": {"class_type": "LoadImage", "inputs": {"image": "noise.png"}},
        "3": {"class_type": "ImageBatch", "inputs": {"image1": ["1", 0], "image2": ["2", 0]}},
        "4": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["3", 0]}},
    }


@needs_recordings
@pytest.mark.parametrize(
    ("flags", "recording", "event"),
    [
        ({"supports_preview_metadata": True}, "preview_meta", 4),
        ({}, "preview_legacy", 1),
        ({"supports_preview_metadata": 1}, "preview_meta_truthy", 1),
    ],
)
async def test_pictures_come_in_the_form_that_was_asked_for(native, flags, recording, event):
    for name in ("grad.png", "noise.png"):
        await native.upload(name, (INPUTS / name).read_bytes())
    await run(native, {**websocket_pictures()})
    async with native.socket("viewer", flags) as ears:
        await ears.until(lambda m: m["type"] == "feature_flags")
        body = {"prompt": websocket_pictures(), "client_id": "viewer"}
        prompt_id = (await native.post("/prompt", body)).json()["prompt_id"]
        heard = await ears.until_done(prompt_id)
    frames = [m for m in heard if isinstance(m, bytes)]
    assert [int.from_bytes(frame[:4], "big") for frame in frames] == [event, event]
    assert kinds(heard)[-12:] == recorded_kinds(recording)[-12:]
    for frame in frames:
        assert b"\x89PNG" in frame
    if event == 4:
        length = int.from_bytes(frames[0][4:8], "big")
        told = json.loads(frames[0][8 : 8 + length])
        assert told == {
            "node_id": "4", "prompt_id": prompt_id, "display_node_id": "4",
            "parent_node_id": None, "real_node_id": "4", "image_type": "image/png",
        }  # fmt: skip
    else:
        assert frames[0][4:8] == (2).to_bytes(4, "big")


def recorded_kinds(name):
    """Up to the end of the client's own run."""
    path = ORACLE / "runs" / "sc_feature_flags" / f"ws_{name}.jsonl"
    found = []
    for record in map(json.loads, path.read_text().splitlines()):
        if record.get("kind") == "binary":
            found.append("binary")
        elif "msg" in record:
            found.append(record["msg"]["type"])
            if record["msg"]["type"] == "executing" and record["msg"]["data"]["node"] is None:
                return found
    raise AssertionError(name)


async def test_a_cached_run_shows_its_old_outputs_again(native):
    first = await run(native, graphs.picture())
    async with native.socket("c") as ears:
        await ears.next()
        body = {"prompt": graphs.picture(), "client_id": "c"}
        again = (await native.post("/prompt", body)).json()["prompt_id"]
        heard = await ears.until_done(again)
    assert kinds(heard) == [
        "status", "status", "execution_start", "execution_cached", "executed", "progress_state",
        "execution_success", "status", "executing",
    ]  # fmt: skip
    assert set(heard[3]["data"]["nodes"]) == {"1", "2"}
    state = heard[5]["data"]["nodes"]["2"]
    assert json.dumps([state["value"], state["max"], state["state"]]) == '[1, 1, "finished"]'
    old, new = [(await native.get(f"/history/{i}")).json()[i]["outputs"] for i in (first, again)]
    assert old == new


async def test_freed_memory_forgets_the_cache(native):
    await run(native, graphs.picture())
    assert (await native.post("/free", {"free_memory": True})).body == b""
    async with native.socket("c") as ears:
        body = {"prompt": graphs.picture(), "client_id": "c"}
        again = (await native.post("/prompt", body)).json()["prompt_id"]
        heard = await ears.until_done(again)
    cached = next(m for m in heard if m["type"] == "execution_cached")
    assert cached["data"]["nodes"] == []


async def test_a_failing_run_tells_its_error_as_the_history_does(native):
    async with native.socket("c") as ears:
        sent = await native.post("/prompt", {"prompt": BAD, "client_id": "c"})
        prompt_id = sent.json()["prompt_id"]
        heard = await ears.until_done(prompt_id)
    assert kinds(heard)[-3:] == ["execution_error", "status", "executing"]
    error = heard[-3]["data"]
    history = (await native.get(f"/history/{prompt_id}")).json()[prompt_id]
    kind, stored = history["status"]["messages"][-1]
    assert kind == "execution_error"
    assert {**error, "timestamp": 0} == {**stored, "timestamp": 0}
    job = (await native.get(f"/api/jobs/{prompt_id}")).json()
    assert {**job["execution_error"], "timestamp": 0} == {**stored, "timestamp": 0}
    assert job["status"] == "failed"


async def test_a_socket_is_refused_to_pages_of_other_origins(native):
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await native.session.ws_connect(f"{native.server.url}/ws", headers=headers)
        assert refused.value.status == 403
    headers = {"Origin": native.server.url}
    async with native.session.ws_connect(f"{native.server.url}/ws", headers=headers) as socket:
        assert (await socket.receive_json())["type"] == "status"
