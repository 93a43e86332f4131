"""Deployments in the console API."""

import json

import pytest

from greenroom.domain.principal import Principal
from greenroom.service.deployment_requests import RunRequest
from greenroom.service.workflow_source import Source

from .conftest import SAMPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_deployment_is_made_shown_changed_and_deleted(console):
    library = console.native.server.services.workflows
    source = Source("blue.json", {"blue.json": json.dumps(SAMPLE).encode()})
    await library.take_in(Principal(), source, workflow_id="blue")
    order = {"name": "Blue", "workflow_id": "blue", "hardware": "AMPERE_48", "keep_warm": 5}
    (made,) = (await console.post("/deployments", order))["ids"]
    (view,) = (await console.get("/deployments"))["deployments"]
    assert (view["id"], view["version"], view["newest_version"]) == (made, 1, 1)
    assert (view["hardware"], view["keep_warm"], view["enabled"]) == ("AMPERE_48", 5, True)
    assert (view["waiting"], view["running"], view["instances"]) == (0, 0, [])
    await console.post("/deployments", {"id": made, "hardware": "", "enabled": False})
    (view,) = (await console.get("/deployments"))["deployments"]
    assert (view["hardware"], view["enabled"], view["keep_warm"]) == (None, False, 5)
    refused = await console.post("/deployments", {"id": made, "max_instances": 99}, 400)
    assert refused["details"]["field"] == "max_instances"
    await console.post("/deployments/delete", {"ids": [made]})
    assert (await console.get("/deployments"))["deployments"] == []


async def test_a_deployment_says_how_it_is_scaled_and_its_requests_are_found(console):
    library = console.native.server.services.workflows
    source = Source("blue.json", {"blue.json": json.dumps(SAMPLE).encode()})
    await library.take_in(Principal(), source, workflow_id="listed")
    order = {"name": "Listed", "workflow_id": "listed"}
    (made,) = (await console.post("/deployments", order))["ids"]
    found = await console.get("/deployments")
    assert not found["scaled"]
    (view,) = found["deployments"]
    assert (view["wanted"], view["ended"], view["last_day"]["starts"]) == (None, [], 0)
    sent = await console.native.post(f"/prod/v2/deployments/{made}/inference", {})
    job = sent.json()["request_id"]
    await console.ended(job)
    await console.run()
    page = await console.get(f"/jobs?deployment={made}")
    assert [one["id"] for one in page["jobs"]] == [job]


async def test_a_request_that_runs_again_goes_to_its_deployment(console):
    services = console.native.server.services
    source = Source("again.json", {"again.json": json.dumps(SAMPLE).encode()})
    await services.workflows.take_in(Principal(), source, workflow_id="again")
    order = {"name": "Again", "workflow_id": "again"}
    (made,) = (await console.post("/deployments", order))["ids"]
    job = await services.deployment_requests.send(Principal(), made, RunRequest())
    (rerun,) = (await console.post("/jobs/rerun", {"ids": [job.id]}))["ids"]
    assert (await services.jobs.get(Principal(), rerun)).deployment_id == made
