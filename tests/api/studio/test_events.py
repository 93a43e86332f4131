"""The log as a list and on the socket, with progress and pictures."""

import asyncio
import contextlib
import json

import aiohttp
import pytest
from tests.api.studio.conftest import CALLER
from tests.cli.graphs import blurring

from greenroom.api.studio.live_runs import LiveRuns
from greenroom.domain.clock import Millis
from greenroom.domain.event import JobRan
from greenroom.domain.ids import JobId
from greenroom.domain.run import NodeRef, Preview, PreviewFormat

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = "/api/admin/events"


class Heard:
    """One socket, and what was heard on it."""

    def __init__(self, connection):
        self.connection = connection

    async def next(self):
        async with asyncio.timeout(30):
            frame = await self.connection.receive()
        if frame.type is aiohttp.WSMsgType.BINARY:
            return frame.data
        assert frame.type is aiohttp.WSMsgType.TEXT, frame
        return json.loads(frame.data)

    async def until(self, kind, job_id):
        """Everything up to the event of that type, about that job."""
        heard = []
        while True:
            heard.append(await self.next())
            last = heard[-1]
            told = isinstance(last, dict) and last.get("type") == kind
            if told and last["data"]["prompt_id"] == job_id:
                return heard


@contextlib.asynccontextmanager
async def listening(studio, query=""):
    async with studio.session.ws_connect(f"{studio.url}/api/run/ws{query}") as connection:
        yield Heard(connection)


def _types(lines, job_id):
    return [line["type"] for line in lines if line["data"].get("prompt_id") == job_id]


async def test_the_log_tells_the_life_of_a_job_in_order(studio):
    record = await studio.run("film")
    job_id = record["prompt_id"]
    retried = await studio.post("/api/admin/history/retry", {"prompt_id": job_id})
    await studio.ended(retried["prompt_id"])
    await studio.post("/api/admin/history/delete", {"prompt_ids": [job_id]})
    lines = await studio.get(f"{EVENTS}?limit=1000")
    assert _types(lines, job_id) == ["job.queued", "job.started", "job.completed", "job.deleted"]
    completed = next(
        line for line in lines
        if line["type"] == "job.completed" and line["data"]["prompt_id"] == job_id
    )  # fmt: skip
    assert completed["severity"] == "success"
    assert completed["data"]["workflow_id"] == "film"
    assert completed["data"]["duration"] == record["duration"]
    assert completed["timestamp"] == record["finished_at"]
    told = next(line for line in lines if line["type"] == "job.retried")
    assert told["data"]["retry_of"] == job_id
    assert lines[0]["type"] == "system.backend.started"


async def test_the_log_is_narrowed_by_type_and_severity(studio):
    await studio.run("film")
    await studio.picture()
    types = {line["type"] for line in await studio.get(f"{EVENTS}?types=job.started,job.queued")}
    assert types == {"job.started", "job.queued"}
    lines = await studio.get(f"{EVENTS}?severity=success")
    assert {line["severity"] for line in lines} == {"success"}
    assert len(await studio.get(f"{EVENTS}?limit=2")) == 2
    (line,) = await studio.get(f"{EVENTS}?types=assets.uploaded&limit=1")
    assert line["data"]["files"][0].endswith("_cat.png")


async def test_the_log_goes_on_behind_an_event(studio):
    await studio.run("film")
    lines = await studio.get(f"{EVENTS}?limit=1000")
    middle = lines[len(lines) // 2]
    rest = await studio.get(f"{EVENTS}?after={middle['id']}&limit=1000")
    assert rest == lines[len(lines) // 2 + 1 :]
    assert await studio.get(f"{EVENTS}?after={lines[-1]['id']}") == []


@pytest.mark.parametrize("query", ["after=x", "after=evt_", "limit=0", "limit=x"])
async def test_a_question_that_cannot_be_is_refused(studio, query):
    assert (await studio.get(f"{EVENTS}?{query}", 400))["detail"]


async def test_a_socket_hears_events_and_progress_and_tells_them_apart(studio):
    async with listening(studio) as heard:
        job_id = (await studio.post("/prompt", {"prompt": blurring(30)}))["prompt_id"]
        frames = [await heard.next()]
        while isinstance(frames[-1], bytes) or "type" in frames[-1]:
            frames.append(await heard.next())
        await studio.post("/api/admin/history/delete", {"prompt_ids": [job_id]})
        frames += await heard.until("job.deleted", job_id)
    events = [one for one in frames if "type" in one]
    assert _types(events, job_id) == ["job.queued", "job.started", "job.cancelled", "job.deleted"]
    text = next(one for one in frames if "type" not in one)
    assert (text["prompt_id"], text["status"]) == (job_id, "running")
    assert {
        "status", "workflow_name", "workflow_id", "node_id", "node_title", "node_type", "step",
        "total_steps", "nodes_done", "total_nodes", "effective_total", "cached_count", "percent",
        "eta_seconds", "step_rate", "preview_seq", "preview_type", "node_outputs", "prompt_id",
    } == set(text)  # fmt: skip


async def test_a_picture_comes_behind_the_text_that_names_its_run(studio):
    job_id = await studio.started(blurring(30))
    runs = LiveRuns(studio.services)
    picture = Preview(NodeRef("1", "1"), PreviewFormat.JPEG, b"\xff\xd8 a picture")
    ran = JobRan(JobId(job_id), CALLER.tenant, None, 1, Millis(0), picture)
    assert runs.hear(ran)
    (first,) = await runs.take()
    assert first.picture == picture.data
    told = json.loads(first.text)
    assert (told["prompt_id"], told["preview_seq"]) == (job_id, 1)
    assert told["preview_type"] == "image/jpeg"
    assert await runs.take() == []
    await studio.post("/api/admin/history/delete", {"prompt_ids": [job_id]})


async def test_a_socket_goes_on_behind_an_event_without_gap_or_repetition(studio):
    first = await studio.run("film")
    line = (await studio.get(f"{EVENTS}?limit=1"))[0]
    missed = await studio.run("film")
    async with listening(studio), listening(studio, f"?after={line['id']}") as heard:
        frames = await heard.until("job.completed", missed["prompt_id"])
        later = await studio.run("film")
        frames += await heard.until("job.completed", later["prompt_id"])
    events = [one for one in frames if isinstance(one, dict) and "type" in one]
    assert _types(events, first["prompt_id"]) == []
    for record in (missed, later):
        assert _types(events, record["prompt_id"]) == ["job.queued", "job.started", "job.completed"]
    assert len({one["id"] for one in events}) == len(events)


async def test_whoever_joins_late_is_told_of_what_runs(studio):
    job_id = await studio.started(blurring(30))
    async with listening(studio) as heard:
        first = await heard.next()
    assert (first["prompt_id"], first["status"]) == (job_id, "running")
    await studio.post("/api/admin/history/delete", {"prompt_ids": [job_id]})
