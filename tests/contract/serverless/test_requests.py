"""Requests of deployments over HTTP: the calls of the published examples, and what goes wrong."""

import json
import re

import pytest
from tests.cli import graphs

from greenroom.api.serverless import errors
from greenroom.api.serverless.statuses import RESULTS, STATUSES
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import JobState
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses

from .conftest import CALLER

pytestmark = pytest.mark.asyncio(loop_scope="module")

DATED = "%date:yyyy-MM-dd%_x"


async def send(serverless, deployment, body, status=200, *, version="v1", call="inference"):
    path = f"/{version}/deployments/{deployment['id']}/{call}"
    return await serverless.ask("POST", path, status, json=body)


async def ended(serverless, deployment, request_id):
    requests = serverless.services.deployment_requests
    await requests.ended(CALLER, deployment["id"], request_id, 60)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_request_is_sent_followed_and_fetched(serverless, version):
    deployment = await serverless.deploy()
    overrides = {"1": {"inputs": {"color": 0x336699}}, "2": {"inputs": {"filename_prefix": "blue"}}}
    async with serverless.paused():
        sent = await send(serverless, deployment, {"overrides": overrides}, version=version)
        base = f"{serverless.server.url}/prod/{version}/deployments/{deployment['id']}"
        here = f"{base}/requests/{sent['request_id']}"
        assert sent == {
            "request_id": sent["request_id"],
            **{f"{name}_url": f"{here}/{name}" for name in ("status", "result", "cancel")},
        }
        waiting = await serverless.ask("GET", sent["status_url"])
        assert (waiting["status"], waiting["queue_position"]) == ("in_queue", 0)
        assert (waiting["status_url"], waiting["result_url"]) == (
            sent["status_url"], sent["result_url"],
        )  # fmt: skip
        early = await serverless.ask("GET", sent["result_url"])
        assert set(early) == {"request_id", "status", "created_at"}
    await ended(serverless, deployment, sent["request_id"])

    status = await serverless.ask("GET", sent["status_url"])
    assert (status["status"], "queue_position" in status) == ("completed", False)
    result = await serverless.ask("GET", sent["result_url"])
    assert (result["status"], result["instance_id"]) == ("succeeded", status["instance_id"])
    assert result["finished_at"] >= result["created_at"]
    (image,) = result["outputs"]["2"]["images"]
    assert (image["subfolder"], image["type"]) == ("", "output")
    assert image["filename"].startswith("blue_")
    async with serverless.session.get(image["url"]) as file:
        assert (file.status, file.content_type) == (200, "image/png")
    over = await serverless.ask("POST", sent["cancel_url"], 202)
    assert over == {
        "request_id": sent["request_id"], "status": "completed", "outcome": "not_cancellable",
    }  # fmt: skip


async def test_a_waiting_request_is_cancelled(serverless):
    deployment = await serverless.deploy()
    async with serverless.paused():
        sent = await send(serverless, deployment, {"overrides": {}})
        answer = await serverless.ask("POST", sent["cancel_url"], 202)
        assert (answer["status"], answer["outcome"]) == ("completed", "cancelled")
        assert (await serverless.ask("GET", sent["status_url"]))["status"] == "cancelled"
        result = await serverless.ask("GET", sent["result_url"])
        assert (result["status"], "outputs" in result) == ("cancelled", False)
        assert result["finished_at"]


async def test_a_workflow_that_comes_along_runs_instead_of_the_saved_one(serverless):
    deployment = await serverless.deploy()
    done = await send(
        serverless, deployment, {"workflow_api_json": graphs.quick(color=5)}, call="runsync"
    )
    assert (done["status"], list(done["outputs"])) == ("succeeded", ["2"])
    assert done["request_id"]
    assert done["status_url"].endswith("/status")


async def test_a_run_that_fails_is_completed_and_its_result_says_why(serverless):
    deployment = await serverless.deploy()
    done = await send(
        serverless, deployment, {"workflow_api_json": graphs.failing()}, call="runsync"
    )
    assert done["status"] == "failed"
    (error,) = done["error"]
    assert error["error"]
    assert "node 1 (PreviewImage)" in error["debugInfo"]
    assert (await serverless.ask("GET", done["status_url"]))["status"] == "completed"


async def test_runsync_tells_how_far_it_is_when_the_time_is_over(serverless):
    deployment = await serverless.deploy()
    async with serverless.paused():
        early = await send(serverless, deployment, {}, call="runsync?wait=0")
        assert early["status"] == "in_queue"
        await serverless.ask("POST", early["cancel_url"], 202)
    refused = await send(serverless, deployment, {}, 422, call="runsync?wait=601")
    assert "at most 600" in refused["error_message"]


def setting(**inputs):
    """A body that overrides inputs of node 1."""
    return {"overrides": {"1": {"inputs": inputs}}}


def at(name, node="1"):
    return ["overrides", node, "inputs", name]


PLACES = [
    ({"overrides": {"9": {"inputs": {"text": "x"}}}}, ["overrides", "9"], "no node '9'"),
    (setting(widht=8), at("widht"), "width"),
    (setting(width="8"), at("width"), "it takes INT, not a string"),
    (setting(width=True), at("width"), "it takes INT"),
    (setting(width=0), at("width"), "min of 1"),
    (setting(width=["7", 0]), at("width"), "7"),
    ({"overrides": {"2": {"inputs": {"images": "x"}}}}, at("images", "2"), "link"),
    (
        {"overrides": {"2": {"inputs": {"filename_prefix": 3}}}},
        at("filename_prefix", "2"),
        "STRING",
    ),
    ({"overrides": {"1": {"width": 8}}}, ["overrides", "1"], "inputs"),
    ({"overrides": {"1": {"inputs": {}, "class_type": "X"}}}, ["overrides", "1"], "EmptyImage"),
    ({"overrides": [1]}, ["overrides"], "not an object"),
    ({"overrides": {}, "workflow_api_json": graphs.quick()}, ["workflow_api_json"], "not both"),
    ({"workflow_api_json": {"nodes": []}}, ["workflow_api_json"], "API format"),
    ({"workflow_api_json": {"1": {"class_type": "Nothing", "inputs": {}}}}, None, "Nothing"),
    ({"extra_data": {"other": 1}}, ["extra_data"], "api_key_comfy_org"),
    ({"override": {}}, ["override"], "not taken"),
    ({"priority": 1.5}, ["priority"], "whole number"),
    ({"tags": ["x" * 101]}, ["tags"], "at most"),
    ({"start_timeout_in_seconds": 0}, ["start_timeout_in_seconds"], "from 1"),
]


@pytest.mark.parametrize(("body", "place", "told"), PLACES)
async def test_what_is_wrong_with_a_request_is_named(serverless, body, place, told):
    deployment = await serverless.deploy()
    refused = await send(serverless, deployment, body, 422)
    assert refused["error_code"] == 422001
    entries = {tuple(one["loc"]): one["msg"] for one in refused["detail"]}
    if place is not None:
        assert told in entries["body", *place]
    assert told in json.dumps(refused)


async def test_everything_that_is_wrong_with_overrides_is_told_at_once(serverless):
    deployment = await serverless.deploy()
    wrong = {"1": {"inputs": {"width": -1, "color": "red"}}, "7": {"inputs": {}}}
    refused = await send(serverless, deployment, {"overrides": wrong}, 422)
    assert [one["type"] for one in refused["detail"]] == [
        "value_smaller_than_min", "invalid_input_type", "unknown_node",
    ]  # fmt: skip


async def test_a_deployment_that_is_off_or_gone_takes_nothing(serverless):
    deployment = await serverless.deploy()
    one = f"/v2/deployments/{deployment['id']}"
    async with serverless.paused():
        waiting = await send(serverless, deployment, {})
        await serverless.ask("PATCH", one, json={"is_enabled": False})
        assert (await send(serverless, deployment, {}, 409))["error_code"] == 10002
        assert (await serverless.ask("GET", waiting["status_url"]))["status"] == "in_queue"
        await serverless.ask("DELETE", one)
        assert (await send(serverless, deployment, {}, 410))["error_code"] == 10003
        assert (await serverless.ask("GET", waiting["result_url"]))["status"] == "cancelled"


async def test_a_request_is_found_only_under_its_deployment(serverless):
    deployment, other = await serverless.deploy(), await serverless.deploy(name="other")
    sent = await send(serverless, deployment, {})
    path = f"/v1/deployments/{other['id']}/requests/{sent['request_id']}"
    for method, name in (("GET", "status"), ("GET", "result"), ("POST", "cancel")):
        missing = await serverless.ask(method, f"{path}/{name}", 404)
        assert missing["error_code"] == 404001
        await serverless.ask(method, f"{path}/{name}", 401, key=None)
    await serverless.ask(
        "GET", f"/v1/deployments/nothing/requests/{sent['request_id']}/status", 404
    )


async def test_an_idempotency_key_sends_a_request_once(serverless):
    deployment = await serverless.deploy()
    path = f"{serverless.server.url}/prod/v2/deployments/{deployment['id']}/inference"
    headers = {"Authorization": "Bearer a-key-of-the-tests", "Idempotency-Key": "only-once"}
    answers = []
    for _ in range(2):
        async with serverless.session.post(path, json={}, headers=headers) as answer:
            answers.append((answer.status, (await answer.json()).get("error_code")))
    assert answers == [(200, None), (409, 409001)]


async def test_requests_are_listed_with_their_tags_page_by_page(serverless):
    deployment = await serverless.deploy()
    async with serverless.paused():
        ids = []
        for number in range(3):
            body = {"tags": [f"customer-{number}"], "priority": number}
            ids.append((await send(serverless, deployment, body))["request_id"])
        path = f"/v2/deployments/{deployment['id']}/requests"
        first = await serverless.ask("GET", f"{path}?limit=2")
        assert [one["request_id"] for one in first["requests"]] == ids[:0:-1]
        assert first["requests"][0]["tags"] == ["customer-2"]
        rest = await serverless.ask("GET", f"{path}?limit=2&cursor={first['next_cursor']}")
        assert [one["request_id"] for one in rest["requests"]] == ids[:1]
        assert rest["next_cursor"] is None
        tagged = await serverless.ask("GET", f"{path}?tag=customer-1&status=in_queue")
        assert [one["request_id"] for one in tagged["requests"]] == [ids[1]]
        assert (await serverless.ask("GET", f"{path}?tag=customer"))["requests"] == []
        # The larger priority runs first.
        status = await serverless.ask("GET", f"{path}/{ids[2]}/status")
        assert status["queue_position"] == 0
        assert (await serverless.ask("GET", f"{path}?status=succeeded"))["requests"] == []
        assert len((await serverless.ask("GET", f"{path}?status=in_queue"))["requests"]) == 3
    for wrong in ("status=done", "cursor=x", "limit=0"):
        await serverless.ask("GET", f"{path}?{wrong}", 422)


async def test_a_partner_key_is_kept_nowhere_that_shows(serverless):
    deployment = await serverless.deploy()
    async with serverless.paused():
        body = {"overrides": {}, "extra_data": {"api_key_comfy_org": "planted-secret"}}
        sent = await send(serverless, deployment, body)
        detail = await serverless.services.jobs.detail(CALLER, sent["request_id"])
        assert b"planted-secret" not in detail.payload.extra_data
        await serverless.ask("POST", sent["cancel_url"], 202)


async def test_a_request_may_say_by_when_it_must_begin(serverless):
    deployment = await serverless.deploy()
    async with serverless.paused():
        sent = await send(serverless, deployment, {"start_timeout_in_seconds": 90})
        job = await serverless.services.jobs.get(CALLER, sent["request_id"])
        assert job.start_before - job.created_at in range(89_000, 90_001)
        await serverless.ask("POST", sent["cancel_url"], 202)


@pytest.mark.parametrize("code", ErrorCode)
async def test_every_error_has_a_status_and_a_number(code):
    answer = errors.answer(AppError(code, "told"))
    told = json.loads(answer.body)
    assert answer.status >= 400
    assert (told["error_message"], isinstance(told["error_code"], int)) == ("told", True)
    assert ("detail" in told) == (answer.status == 422)


async def test_every_state_has_its_words():
    assert set(STATUSES) == set(RESULTS) == set(JobState)


async def test_dates_in_names_of_files_are_filled_in_for_workflows_of_the_editor(serverless):
    dated = {**graphs.quick()}
    dated["2"] = {**dated["2"], "inputs": {**dated["2"]["inputs"], "filename_prefix": DATED}}
    of_editor = api_to_ui(dated, EditorClasses(serverless.services.nodes.view()))
    from_editor = await serverless.deploy(of_editor, "from-editor")
    from_program = await serverless.deploy(dated, "from-program")
    given = {"overrides": {"2": {"inputs": {"filename_prefix": DATED}}}}

    async def prefix(deployment, body):
        sent = await send(serverless, deployment, body)
        detail = await serverless.services.jobs.detail(CALLER, sent["request_id"])
        return json.loads(detail.payload.to_run)["2"]["inputs"]["filename_prefix"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\d_x", await prefix(from_editor, {}))
    assert await prefix(from_editor, given) == DATED
    assert await prefix(from_program, {}) == DATED
