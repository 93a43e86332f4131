"""Files that take longer than a request waits: queued with it, and told in every dialect."""

import io
import json

import pytest
import pytest_asyncio
from tests.contract.native.conftest import running
from tests.fakes.slow_source import picture, slow_source

from .conftest import CALLER, KEY, Serverless

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOADING = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "late"}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("late")
    settings = {"api_key": KEY, "allow_address": ["127.0.0.1"], "fetch_wait": 0.0}
    async with running(folder, **settings) as native:
        serverless = Serverless(native)
        serverless.deployment = await serverless.deploy(LOADING, "loading")
        yield serverless


@pytest_asyncio.fixture(loop_scope="module")
async def source():
    async with slow_source() as made:
        yield made


async def send(loader, image, status=200, **fields):
    path = f"/v2/deployments/{loader.deployment['id']}/inference"
    body = {"overrides": {"1": {"inputs": {"image": image}}}, **fields}
    return await loader.ask("POST", path, status, data=io.BytesIO(json.dumps(body).encode()))


async def ended(loader, request):
    requests = loader.services.deployment_requests
    await requests.ended(CALLER, loader.deployment["id"], request["request_id"], 60)
    return await loader.ask("GET", request["result_url"])


async def test_it_waits_in_every_dialect_says_for_what_and_runs_when_it_is_there(loader, source):
    url = f"{source.url}/film.png?signature=secret"
    request = await send(loader, url, extra_data={"api_key_comfy_org": "hidden"})
    job_id, base = request["request_id"], loader.server.url
    await source.until_asked(1)

    status = await loader.ask("GET", request["status_url"])
    assert (status["status"], status["queue_position"]) == ("in_queue", 0)
    assert (await loader.ask("GET", request["result_url"]))["status"] == "in_queue"
    (pending,) = (await loader.ask("GET", f"{base}/queue"))["queue_pending"]
    assert (pending[1], pending[2]["1"]["inputs"]["image"]) == (job_id, url)
    assert (await loader.ask("GET", f"{base}/api/jobs/{job_id}"))["status"] == "pending"
    assert (await loader.ask("GET", f"{base}/api/v2/jobs/{job_id}"))["status"] == "queued"
    where = url.removeprefix("http://").partition("?")[0]
    story = await loader.ask("GET", f"{base}/api/console/jobs/{job_id}")
    assert story["waiting_for"] == f"inputs: {where}"
    (row,) = (await loader.ask("GET", f"{base}/api/console/queue"))["waiting"]
    assert (row["waiting_for"], row["not_before"]) == (f"inputs: {where}", None)

    source.let_go()
    result = await ended(loader, request)
    assert result["status"] == "succeeded"
    assert result["outputs"]["2"]["images"]


async def test_what_breaks_later_fails_the_request_with_the_reason(loader, source):
    request = await send(loader, f"{source.url}/status/404?signature=secret")
    result = await ended(loader, request)
    (error,) = result["error"]
    assert (result["status"], error["errorCode"]) == ("failed", 422001)
    assert "node 1, input 'image'" in error["error"]
    assert "/status/404 could not be fetched" in error["error"]
    assert "secret" not in json.dumps(result)
    base, job_id = loader.server.url, request["request_id"]
    history = await loader.ask("GET", f"{base}/history/{job_id}")
    ((name, told),) = history[job_id]["status"]["messages"]
    assert (name, told["node_id"], told["node_type"]) == ("execution_error", "1", "LoadImage")


async def test_a_job_that_failed_for_want_of_a_file_fetches_it_when_it_is_run_again(loader, source):
    source.body = b"no picture"
    source.let_go()
    request = await send(loader, f"{source.url}/gone.png")
    assert (await ended(loader, request))["status"] == "failed"
    source.body = picture()
    made = await loader.ask(
        "POST", f"{loader.server.url}/api/console/jobs/rerun", json={"ids": [request["request_id"]]}
    )
    (again,) = made["ids"]
    again_urls = {"request_id": again, "result_url": request["result_url"].replace(
        request["request_id"], again
    )}  # fmt: skip
    assert (await ended(loader, again_urls))["status"] == "succeeded"
    assert source.asked == ["/gone.png", "/gone.png"]


async def test_a_cancel_stops_the_fetch(loader, source):
    request = await send(loader, f"{source.url}/film.png")
    await source.until_asked(1)
    stopped = await loader.ask("POST", request["cancel_url"], 202)
    assert stopped["outcome"] == "cancelled"
    await source.until_left(1)
    assert (await loader.ask("GET", request["status_url"]))["status"] == "cancelled"


async def test_a_start_deadline_ends_the_wait(loader, source):
    request = await send(loader, f"{source.url}/film.png", start_timeout_in_seconds=1)
    result = await ended(loader, request)
    assert (result["status"], result["error"][0]["errorCode"]) == ("failed", 408001)
    await source.until_left(1)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("http://127.0.0.2:1/a.png", "url_refused"),
        ("https://", "invalid_url"),
        ("data:image/png;base64,%%%", "invalid_url"),
    ],
)
async def test_what_can_be_said_at_once_refuses_the_request(loader, source, image, kind):
    refused = await send(loader, image, 422)
    assert [entry["type"] for entry in refused["detail"]] == [kind]


async def test_a_workflow_that_cannot_run_is_refused_though_its_file_is_on_its_way(loader, source):
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": f"{source.url}/film.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}},
    }
    path = f"/v2/deployments/{loader.deployment['id']}/inference"
    body = json.dumps({"workflow_api_json": graph}).encode()
    refused = await loader.ask("POST", path, 422, data=io.BytesIO(body))
    assert "images" in json.dumps(refused["detail"])
    waiting = await loader.ask("GET", f"{loader.server.url}/queue")
    assert waiting["queue_pending"] == []
