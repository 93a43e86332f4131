"""What ran when the last server ended is stalled, when the user wishes so."""

import json

import pytest
from tests.api.studio.conftest import CALLER, Studio
from tests.api.studio.workflows import FILM
from tests.contract.native.conftest import running
from tests.factories import claim_job

from greenroom.domain.clock import SystemClock
from greenroom.service.workflow_source import Source
from greenroom.store.database import Database


@pytest.fixture
async def left_running(tmp_path):
    """A data folder whose last server died while it ran a job; the job's id."""
    async with running(tmp_path) as native:
        studio = Studio(native)
        manifest, graph = FILM
        files = {"manifest.yaml": manifest.encode(), "workflow.json": json.dumps(graph).encode()}
        await native.server.services.workflows.take_in(CALLER, Source("film", files))
        await studio.post("/api/console/workers", {"action": "pause"})
        job_id = (await studio.execute("film", {"prompt": "a cat"}))["prompt_id"]
        job = await native.server.services.jobs.get(CALLER, job_id)
    database = await Database.open(f"sqlite:///{tmp_path / 'greenroom.db'}", SystemClock())
    now = database.clock.now()
    await database.write(lambda tx: claim_job(tx, job, now))
    await database.close()
    return job_id


async def test_it_is_stalled_and_can_be_retried(tmp_path, left_running):
    async with running(tmp_path, on_restart="stall") as native:
        studio = Studio(native)
        (record,) = await studio.get("/api/admin/history?status=stalled")
        assert (record["prompt_id"], record["status"]) == (left_running, "stalled")
        assert record["error"]
        status = await studio.get(f"/api/run/status/{left_running}")
        assert status == {"status": "stalled", "error": record["error"]}
        again = await studio.post("/api/admin/history/retry", {"prompt_id": left_running})
        second = await studio.ended(again["prompt_id"])
        assert (second["status"], second["params"]) == ("completed", {"prompt": "a cat"})
        assert second["seeds"] == record["seeds"]


async def test_what_waited_is_stalled_too(tmp_path, left_running):
    async with running(tmp_path) as native:
        studio = Studio(native)
        await studio.post("/api/console/workers", {"action": "pause"})
        waiting = (await studio.execute("film", {"prompt": "a dog"}))["prompt_id"]
    async with running(tmp_path, on_restart="stall") as native:
        history = await Studio(native).get("/api/admin/history")
        assert await Studio(native).get("/api/admin/queue") == []
    stalled = [one["prompt_id"] for one in history if one["status"] == "stalled"]
    assert waiting in stalled


async def test_without_that_wish_it_simply_runs(tmp_path, left_running):
    async with running(tmp_path) as native:
        record = await Studio(native).ended(left_running)
        assert record["status"] == "completed"
