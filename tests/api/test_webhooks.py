"""Jobs with webhooks over HTTP, from the submit to the delivery."""

import asyncio
import os
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

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


def sent(path, webhook):
    """Where and what to post: API v2 takes a webhook in its query only."""
    if path == "/api/v2/jobs":
        return f"{path}?{urlencode(webhook)}", ORDERS[path]
    return path, {**ORDERS[path], **webhook}


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
    answer = await native.post(*sent(path, {"webhook_url": target.url()}))
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
    answer = await native.post(*sent(path, more))
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


async def test_a_sweep_tells_its_jobs_and_its_end_with_links(native, target):
    sweep = {"prompt": quick(), "sweep": ["1.width=4,8"], "webhook_url": target.url()}
    made = (await native.post("/api/admin/library/batches", sweep)).json()
    told = await until(target, 3)
    assert Counter(one["type"] for one in told) == {"job.succeeded": 2, "batch.ended": 1}
    (end,) = (one["data"] for one in told if one["type"] == "batch.ended")
    assert (end["id"], end["total"]) == (made["batch_id"], 2)
    assert end["counts"] == {"succeeded": 2, "failed": 0, "canceled": 0, "expired": 0}
    async with native.session.get(end["urls"]["jobs"]) as got:
        assert (await got.json())["jobs"] == made["jobs"]
    listed = (await native.get("/api/admin/webhooks/deliveries?limit=10")).json()["deliveries"]
    (line,) = (one for one in listed if one["batch_id"] == made["batch_id"])
    assert (line["job_id"], line["job_state"]) == (None, None)


async def test_a_sweep_may_tell_its_end_alone(native, target):
    query = f"?webhook_url={target.url()}&webhook_events=batch"
    sweep = {"prompt": quick(), "sweep": ["1.width=4,8"]}
    await native.post(f"/api/admin/library/batches{query}", sweep)
    last = {"prompt": quick(), "webhook_url": target.url("/last")}
    await native.post("/prompt", last)
    told = await until(target, 2)
    assert {one["type"] for one in told} == {"batch.ended", "job.succeeded"}
    assert {one.path for one in target.received} == {"/hook", "/last"}


@pytest.mark.parametrize(
    ("path", "word"), [("/prompt", "batch"), ("/api/admin/library/batches", "some")]
)
async def test_events_that_cannot_be_told_are_refused(native, target, path, word):
    order = {"prompt": quick(), "sweep": ["1.width=4"], "webhook_url": target.url()}
    answer = await native.post(path, {**order, "webhook_events": word})
    assert (answer.status, b"webhook_events" in answer.body) == (400, True)


async def rerun_of(native, path, job_id, query=""):
    body = {"prompt_id": job_id, "ids": [job_id]}
    answer = await native.post(f"{path}{query}", body)
    assert answer.status == 200, answer.body
    told = answer.json()
    return told["prompt_id"] if "prompt_id" in told else told["ids"][0]


@pytest.fixture(params=["graph", "workflow of the library"])
def ordered(request, native, target):
    """Orders a job with a webhook, and gives its id."""

    async def order():
        if request.param == "graph":
            answer = await native.post("/prompt", {"prompt": quick(), "webhook_url": target.url()})
            return answer.json()["prompt_id"]
        saved = {"name": "Again", "graph": quick()}
        (made,) = (await native.post("/api/console/workflows", saved)).json()["ids"]
        wish = {"workflow_id": made.removeprefix("library-"), "webhook_url": target.url()}
        return (await native.post("/api/admin/library/jobs", wish)).json()["id"]

    return order


async def test_a_job_that_runs_again_tells_the_same_webhook(native, target, ordered):
    job_id = await ordered()
    await until(target, 1)
    again = await rerun_of(native, "/api/console/jobs/rerun", job_id)
    assert [one["data"]["id"] for one in await until(target, 2)] == [job_id, again]


async def test_a_job_that_runs_again_may_tell_another_webhook_or_none(native, target, ordered):
    job_id = await ordered()
    await until(target, 1)
    silent = await rerun_of(native, "/api/console/jobs/rerun", job_id, "?webhook_url=")
    assert await native.server.services.webhooks.of_job(Principal(), JobId(silent)) is None
    query = f"?webhook_url={target.url('/else')}"
    again = await rerun_of(native, "/api/console/jobs/rerun", job_id, query)
    told = await until(target, 2)
    assert told[-1]["data"]["id"] == again
    assert target.received[-1].path == "/else"


async def test_a_retry_of_the_studio_tells_the_same_webhook(native, target):
    saved = {"name": "Studio", "graph": quick()}
    (made,) = (await native.post("/api/console/workflows", saved)).json()["ids"]
    wish = {"workflow_id": made.removeprefix("library-"), "webhook_url": target.url()}
    job_id = (await native.post("/api/admin/library/jobs", wish)).json()["id"]
    await until(target, 1)
    again = await rerun_of(native, "/api/admin/history/retry", job_id)
    assert (await until(target, 2))[-1]["data"]["id"] == again


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


async def test_deliveries_of_a_target_are_found_by_any_of_its_urls(native, target):
    await native.post("/prompt", {"prompt": quick(), "webhook_url": target.url("/mine")})
    await until(target, 1)
    ask = "/api/admin/webhooks/deliveries"
    found = (await native.get(f"{ask}?target={target.url('/else')}")).json()["deliveries"]
    assert [one["url"] for one in found] == [target.url("/mine")]
    assert not (await native.get(f"{ask}?target=app.example")).json()["deliveries"]


@pytest.mark.parametrize("query", ["status=lost", "limit=many", "before=-1", "target=http://["])
async def test_pages_that_cannot_be_are_refused(native, query):
    answer = await native.get(f"/api/admin/webhooks/deliveries?{query}")
    assert answer.status == 400


@pytest.mark.parametrize("seconds", [-1, "1h", True, 10**9])
async def test_an_old_secret_is_kept_for_a_sensible_time_only(native, seconds):
    path = "/api/admin/webhooks/secrets/rotate"
    assert (await native.post(path, {"keep_seconds": seconds})).status == 400
