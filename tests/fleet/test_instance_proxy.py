"""Requests that are passed on to the live ComfyUI of an instance."""

import aiohttp
import pytest
from tests.fleet.conftest import holding
from tests.fleet.test_instances import deploy, send

OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def live(served, fake, session):
    """Asks the ComfyUI that runs a request of a deployment; the request goes on until told."""
    async with served(fake, proxy_path=["GET view"]) as running:
        made = await deploy(running.services, holding("gate"))
        job = await send(running.services, made)
        await fake.until(lambda: fake.books.running)
        yield Live(running, session, made, await running.job(job.id))


class Live:
    def __init__(self, running, session, deployment, job):
        self.running = running
        self.session = session
        self.deployment = deployment
        self.job = job

    def address(self, path, instance=None, deployment=None):
        base = f"{self.running.url}/prod/v2/deployments/{deployment or self.deployment.id}"
        return f"{base}/instances/{instance or self.job.worker}/proxy/{path}"

    async def ask(self, method, path, *, instance=None, deployment=None, **given):
        address = self.address(path, instance, deployment)
        async with self.session.request(method, address, **given) as answer:
            return answer, await answer.read()


async def test_what_is_harmless_reaches_the_comfyui_and_its_answer_comes_back(live, fake):
    answer, body = await live.ask("GET", "object_info")
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert b"Hold" in body
    fake.cache["1"] = "kept"
    given = {"unload_models": True, "free_memory": True}
    answer, _ = await live.ask("POST", "api/free", json=given)
    assert (answer.status, fake.cache) == (200, {})
    answer, _ = await live.ask("HEAD", "/queue")
    assert answer.status == 200


async def test_no_credential_is_passed_on_and_no_answer_is_a_page_of_ours(live, fake):
    shown = {"Authorization": "Bearer secret", "X-API-Key": "secret", "Cookie": "greenroom=secret"}
    answer, _ = await live.ask("GET", "embeddings?token=secret&max_items=2", headers=shown)
    assert answer.status == 200
    assert "secret" not in str(fake.latest.headers)
    assert fake.latest.query_string == "max_items=2"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_would_pass_the_queue_by_is_refused(live, fake):
    before = len(fake.requests)
    for method, path in [("POST", "prompt"), ("POST", "interrupt"), ("GET", "history")]:
        answer, body = await live.ask(method, path, json={})
        assert (answer.status, b"403003" in body) == (403, True)
    answer, _ = await live.ask("GET", "models/%2e%2e/history")
    assert answer.status == 403
    assert not {"POST /prompt", "POST /interrupt"} & set(fake.requests[before:])


async def test_an_instance_is_there_only_for_its_own_deployment_while_it_runs(live, fake):
    other = await deploy(live.running.services, holding("gate"))
    for where in ({"deployment": OTHER}, {"deployment": other.id}, {"instance": "comfyui-1"}):
        answer, _ = await live.ask("GET", "queue", **where)
        assert answer.status == 404
    fake.gate("gate").opened.set()
    await live.running.ended(live.job.id)
    while live.running.services.workers.all()[0].jobs:
        await live.running.services.workers.changed()
    answer, _ = await live.ask("GET", "queue")
    assert answer.status == 404


async def test_an_answer_that_breaks_off_is_seen_to_be_cut(live, fake):
    fake.folders.write("output//large.bin", bytes(4_000_000))
    whole, body = await live.ask("GET", "view?filename=large.bin")
    assert (whole.status, len(body)) == (200, 4_000_000)
    fake.view_cuts.append(100_000)
    with pytest.raises(aiohttp.ClientError):
        await live.ask("GET", "view?filename=large.bin")


async def test_a_comfyui_that_does_not_answer_is_no_fault_of_the_caller(live, fake):
    fake.crashes["/system_stats"] = 1
    answer, body = await live.ask("GET", "system_stats")
    assert (answer.status, body) == (500, b"500 Internal Server Error")
    await fake.refuse()
    answer, _ = await live.ask("GET", "queue")
    assert answer.status in {409, 503}
