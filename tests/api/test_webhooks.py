"""Jobs with webhooks over HTTP, from the submit to the delivery."""

import asyncio
import os
import re
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from tests.cli.graphs import failing, quick
from tests.contract.native.conftest import running
from tests.fakes.webhook_receiver import receiver

from greenroom.domain.ids import JobId
from greenroom.domain.principal import Principal

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUIDE = Path(__file__).parents[2] / "docs/how-to/webhooks.md"
ORDERS = {
    "/prompt": {"prompt": quick()},
    "/api/v2/jobs": {"workflow": quick(), "metadata": {"order": 7}},
    "/api/admin/library/jobs": {"workflow": quick()},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("hooks"), allow_address=["127.0.0.1"]) as native:
        await native.until_ready()
        yield native


@pytest_asyncio.fixture(loop_scope="module")
async def target():
    async with receiver() as made:
        yield made


async def until(target, count):
    async with asyncio.timeout(30):
        while len(target.received) < count:
            target.arrived.clear()
            await target.arrived.wait()
    return [one.told for one in target.received]


async def delivered(webhooks, job_id):
    """The only delivery of a job, once it was tried."""
    while True:
        for delivery in await webhooks.page(Principal(), 1, job_id=job_id):
            if delivery.tries:
                return delivery


@pytest.mark.parametrize("path", ORDERS)
async def test_the_end_of_a_job_is_told_with_links_to_what_it_made(native, target, path):
    answer = await native.post(path, {**ORDERS[path], "webhook_url": target.url()})
    assert answer.status in {200, 201}, answer.body
    (told,) = await until(target, 1)
    assert told["type"] == "job.succeeded"
    data = told["data"]
    assert data["id"] in {answer.json().get("id"), answer.json().get("prompt_id")}
    assert data.get("metadata") == ORDERS[path].get("metadata")
    (made,) = data["outputs"]
    async with native.session.get(made["url"]) as got:
        assert got.status == 200
        assert len(await got.read()) == made["size_bytes"]
    async with native.session.get(data["urls"]["self"]) as got:
        assert (await got.json())["status"] == "succeeded"


async def test_a_run_of_the_library_tells_its_webhook(native, target):
    saved = {"name": "Hooked", "graph": quick()}
    (workflow_id,) = (await native.post("/api/console/workflows", saved)).json()["ids"]
    workflow_id = workflow_id.removeprefix("library-")
    order = {"workflow_id": workflow_id, "inputs": {}, "webhook_url": target.url()}
    answer = await native.post("/api/admin/library/jobs", order)
    assert answer.status == 201, answer.body
    (told,) = await until(target, 1)
    assert (told["data"]["id"], told["data"]["workflow_id"]) == (answer.json()["id"], workflow_id)


async def test_query_and_body_name_a_webhook_and_ask_for_every_change(native, target):
    query = f"?webhook_url={target.url()}&webhook_intermediate_status=true"
    other = target.url("/other")
    await native.post(f"/prompt{query}", {"prompt": quick(), "webhook_url": other})
    told = await until(target, 3)
    assert [one["type"] for one in told] == ["job.queued", "job.running", "job.succeeded"]
    assert {one.path for one in target.received} == {"/hook"}
    assert told[0]["data"]["outputs"] == told[1]["data"]["outputs"] == []


async def test_what_a_failed_job_died_of_is_told(native, target):
    await native.post("/prompt", {"prompt": failing(), "webhook_url": target.url()})
    (told,) = await until(target, 1)
    assert told["type"] == "job.failed"
    assert told["data"]["error"]["node_id"] == "1"


@pytest.mark.parametrize("path", ORDERS)
@pytest.mark.parametrize(
    "more",
    [
        {"webhook_url": "http://10.0.0.1/hook"},
        {"webhook_url": 7},
        {"webhook_url": "https://127.0.0.1:1/", "webhook_intermediate_status": "often"},
    ],
    ids=str,
)
async def test_a_webhook_that_cannot_be_is_refused_and_no_job_is_made(native, path, more):
    jobs = native.server.services.jobs
    before = await jobs.active_counts()
    answer = await native.post(path, {**ORDERS[path], **more})
    assert answer.status == (422 if path == "/api/v2/jobs" else 400), answer.body
    assert b"webhook" in answer.body
    assert await jobs.active_counts() == before


async def test_the_receiver_of_the_guide_takes_signed_deliveries_only(native, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    space = {"__name__": "guide"}
    exec(compile(code, str(GUIDE), "exec"), space)
    (secret,) = await native.server.services.webhooks.secrets.all(Principal())
    monkeypatch.setitem(os.environ, "WEBHOOK_SECRET", secret.text)
    async with TestServer(space["app"], host="127.0.0.1") as server:
        url = str(server.make_url("/jobs-done"))
        answer = await native.post("/prompt", {"prompt": quick(), "webhook_url": url})
        job_id = answer.json()["prompt_id"]
        async with asyncio.timeout(30):
            delivery = await delivered(native.server.services.webhooks, JobId(job_id))
        assert (delivery.status, delivery.last_status) == ("delivered", 204)
        async with native.session.post(url, data=b"{}", headers={"webhook-id": "msg_1"}) as forged:
            assert forged.status == 401


async def test_metrics_count_what_arrived_and_what_waits(native, target):
    target.status = 500
    await native.post("/prompt", {"prompt": quick(), "webhook_url": target.url()})
    await until(target, 1)
    told = (await native.get("/metrics")).body.decode()
    counts = dict(re.findall(r'deliveries_day\{status="(\w+)"\} (\d+)', told))
    assert set(counts) == {"pending", "delivered", "failed"}
    assert int(counts["pending"]) >= 1
    assert "greenroom_webhook_resting_targets" in told


async def test_pages_of_deliveries_follow_each_other(native, target):
    ask = "/api/admin/webhooks/deliveries"
    query = f"?webhook_url={target.url()}&webhook_intermediate_status=1"
    job_id = (await native.post(f"/prompt{query}", {"prompt": quick()})).json()["prompt_id"]
    await until(target, 3)
    first = (await native.get(f"{ask}?job={job_id}&limit=2")).json()
    rest = (await native.get(f"{ask}?job={job_id}&limit=2&before={first['next']}")).json()
    told = [one["job_state"] for one in first["deliveries"] + rest["deliveries"]]
    assert (told, rest["next"]) == (["succeeded", "running", "queued"], None)


@pytest.mark.parametrize("query", ["status=lost", "limit=many", "before=-1"])
async def test_pages_that_cannot_be_are_refused(native, query):
    answer = await native.get(f"/api/admin/webhooks/deliveries?{query}")
    assert answer.status == 400


@pytest.mark.parametrize("seconds", [-1, "1h", True, 10**9])
async def test_an_old_secret_is_kept_for_a_sensible_time_only(native, seconds):
    path = "/api/admin/webhooks/secrets/rotate"
    assert (await native.post(path, {"keep_seconds": seconds})).status == 400
