"""Deployments over the console API, on a server that starts no instances."""

import pytest
from tests.api.console.conftest import SAMPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_deployment_is_made_changed_and_deleted(console):
    made = await _made(console, "Blues")
    found = await console.get("/deployments")
    assert not found["scaled"]
    (one,) = found["deployments"]
    assert (one["id"], one["is_enabled"], one["keep_warm_seconds"]) == (made, True, 60)
    assert (one["instances"], one["wanted"]) == ([], None)
    edit = {"is_enabled": False, "max_instances": 5, "keep_warm_seconds": 7, "hardware": "A10"}
    await console.post(f"/deployments/{made}", edit)
    (one,) = (await console.get("/deployments"))["deployments"]
    assert (one["name"], one["is_enabled"], one["hardware"]) == ("Blues", False, "A10")
    assert (one["max_instances"], one["keep_warm_seconds"]) == (5, 7)
    await console.post(f"/deployments/{made}", {"hardware": ""})
    assert (await console.get("/deployments"))["deployments"][0]["hardware"] is None
    await console.post(f"/deployments/{made}", {"min_instances": 9}, status=400)
    gone = await console.native.send("DELETE", f"/api/console/deployments/{made}", b"")
    assert gone.status == 200
    assert (await console.get("/deployments"))["deployments"] == []
    await console.post(f"/deployments/{made}", {"name": "Gone"}, status=410)


async def test_jobs_are_found_by_their_deployment(console):
    made = await _made(console, "Listed")
    sent = await console.native.post(f"/prod/v2/deployments/{made}/inference", {})
    job = sent.json()["request_id"]
    await console.ended(job)
    await console.run()
    found = await console.get(f"/jobs?deployment={made}")
    assert [one["id"] for one in found["jobs"]] == [job]


async def _made(console, name):
    """The id of a new deployment."""
    (form,) = (await console.post("/workflows", {"name": name, "graph": SAMPLE}))["ids"]
    order = {"name": name, "workflow_id": form.removeprefix("library-")}
    (made,) = (await console.post("/deployments", order))["ids"]
    return made
