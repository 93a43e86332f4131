"""The library over HTTP: what comes back, and what a wrong request is told."""

import json

import pytest
from tests.cli import graphs

from greenroom.api.library.errors import answer
from greenroom.domain.errors import AppError, ErrorCode

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRAPH = json.dumps(graphs.quick()).encode()


async def test_a_workflow_is_taken_in_looked_at_changed_and_forgotten(library):
    made = await library.take_in({"Quick.json": GRAPH}, tags="a, b", name="Quick one", id="quick")
    assert (made["id"], made["version"], made["created"]) == ("quick", 1, True)
    again = await library.take_in({"Quick.json": GRAPH}, status=200, id="quick", name="Quick one")
    assert again["created"] is False
    page = await library.ask("GET", "/workflows/quick")
    assert page["name"] == "Quick one"
    assert page["versions"] == [1]
    assert page["inferred"]
    assert {item["node_id"] for item in page["manifest"]["inputs"]} >= {"1"}
    assert page["ready"]
    assert {node["name"] for node in page["readiness"]["nodes"]} == {"EmptyImage", "SaveImage"}
    changed = await library.ask("PATCH", "/workflows/quick", json={"tags": ["c"]})
    assert (changed["name"], changed["tags"]) == ("Quick one", ["c"])
    listed = await library.ask("GET", "/workflows?tag=c")
    assert [line["id"] for line in listed["workflows"]] == ["quick"]
    assert (await library.ask("GET", "/workflows?tag=a"))["workflows"] == []
    await library.ask("DELETE", "/workflows/quick", 204)
    gone = await library.ask("GET", "/workflows/quick", 404)
    assert gone == {"code": "not_found", "message": "There is no workflow 'quick'.", "details": {}}


async def test_a_run_is_bound_without_being_submitted(library):
    await library.take_in({"bind.json": GRAPH})
    (width,) = (
        item["id"]
        for item in (await library.ask("GET", "/workflows/bind"))["manifest"]["inputs"]
        if item.get("field") == "width"
    )
    bound = await library.ask("POST", "/workflows/bind/bind", json={"params": {width: 40}})
    assert bound["prompt"]["1"]["inputs"]["width"] == 40
    origin = bound["extra_data"]["greenroom"]
    assert (origin["workflow_id"], origin["version"]) == ("bind", 1)
    assert origin["params"][width] == 40
    await library.ask("DELETE", "/workflows/bind", 204)


@pytest.mark.parametrize(
    ("request_line", "options", "status", "message"),
    [
        ("POST /workflows", {"data": b""}, 400, "has no file"),
        ("PATCH /workflows/wrong", {"json": {"name": 7}}, 400, "'name' must be a text"),
        ("PATCH /workflows/wrong", {"json": {"tags": "x"}}, 400, "'tags' must be a list"),
        ("PATCH /workflows/wrong", {"json": {"tags": ["x" * 101]}}, 400, "at most 50 tags"),
        ("PATCH /workflows/wrong", {"data": b"{"}, 400, "JSON"),
        ("GET /workflows/wrong/export?to=zip", {}, 400, "folder, api, ui"),
        ("GET /workflows/wrong?version=x", {}, 404, "version"),
        ("GET /workflows/wrong?version=9", {}, 404, "version 9"),
        ("POST /workflows/wrong/bind", {"json": {"params": []}}, 400, "must be an object"),
        ("DELETE /workflows/nothing", {}, 404, "no workflow"),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong(
    library, request_line, options, status, message
):
    method, path = request_line.split(" ")
    await library.take_in({"wrong.json": GRAPH}, status=201 if await fresh(library) else 200)
    told = await library.ask(method, path, status, **options)
    assert message in told["message"]


async def fresh(library):
    listed = await library.ask("GET", "/workflows")
    return "wrong" not in {line["id"] for line in listed["workflows"]}


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"x.json": b"{"}, 400, "invalid_json"),
        ({"x.bin": b"\x00\x01"}, 415, "unsupported_media"),
        ({"x.png": b"\x89PNG\r\n\x1a\n"}, 400, "invalid_graph"),
        ({"manifest.yaml": b"id: x"}, 400, "bad_request"),
        ({"a.json": b"{}", "b.json": b"{}"}, 400, "bad_request"),
    ],
)
async def test_files_that_are_no_workflow_are_refused(library, files, status, code):
    assert (await library.take_in(files, status))["code"] == code


@pytest.mark.parametrize("code", list(ErrorCode))
async def test_every_error_has_a_status_and_says_what_is_wrong(code):
    told = answer(AppError(code, "why", {"more": 1}))
    assert told.status >= 400
    assert json.loads(told.body) == {"code": code, "message": "why", "details": {"more": 1}}
