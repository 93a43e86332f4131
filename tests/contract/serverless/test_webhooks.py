"""Webhooks of requests: named in the query or the body, told in the words of the result."""

import pytest
import pytest_asyncio
from tests.cli import graphs
from tests.contract.native.conftest import running
from tests.fakes.webhook_receiver import receiver

from .conftest import KEY, Serverless

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hooked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hooked")
    async with running(folder, api_key=KEY, allow_address=["127.0.0.1"]) as native:
        serverless = Serverless(native)
        serverless.deployment = await serverless.deploy()
        yield serverless


async def told(target, count):
    """The bodies of the first `count` deliveries."""
    while len(target.received) < count:
        target.arrived.clear()
        await target.arrived.wait()
    return [one.told for one in target.received[:count]]


async def test_every_change_is_told_and_the_last_is_the_result(hooked):
    path = f"/v2/deployments/{hooked.deployment['id']}/inference"
    async with receiver() as target:
        query = {"webhook": target.url("/done?for=me"), "webhook_intermediate_status": "true"}
        sent = await hooked.ask("POST", path, json={"overrides": {}}, params=query)
        bodies = await told(target, 3)
        assert [one["status"] for one in bodies] == ["in_queue", "in_progress", "succeeded"]
        assert {one["request_id"] for one in bodies} == {sent["request_id"]}
        assert {one["deployment_id"] for one in bodies} == {hooked.deployment["id"]}
        assert target.received[0].path == "/done?for=me"
    last = bodies[-1]
    result = await hooked.ask("GET", sent["result_url"])
    assert (last["outcome"], last["finished_at"]) == ("succeeded", result["finished_at"])
    assert last["output"] == last["outputs"]
    (image,) = last["outputs"]["2"]["images"]
    async with hooked.session.get(image["url"]) as file:
        assert (file.status, file.content_type) == (200, "image/png")


async def test_a_failure_is_told_once_when_the_body_names_the_webhook(hooked):
    path = f"/v1/deployments/{hooked.deployment['id']}/inference"
    async with receiver() as target:
        body = {"workflow_api_json": graphs.failing(), "webhook": target.url()}
        await hooked.ask("POST", path, json=body)
        (only,) = await told(target, 1)
    assert (only["status"], only["outcome"]) == ("failed", "failed")
    assert only["error"][0]["error"]
    assert "outputs" not in only


@pytest.mark.parametrize("url", ["http://10.0.0.1/hook", "ftp://app.test/", "hook", 7])
async def test_a_webhook_that_would_not_be_reached_refuses_the_request(hooked, url):
    path = f"/v1/deployments/{hooked.deployment['id']}/inference"
    refused = await hooked.ask("POST", path, 422, json={"webhook": url})
    assert refused["detail"][0]["loc"] == ["body", "webhook"]
