"""A whole server with the built-in engine, and a client for the console API."""

import asyncio
import json

import pytest_asyncio
from tests.contract.native.conftest import running

SAMPLE = {
    "1": {
        "class_type": "EmptyImage",
        "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": 255},
        "_meta": {"title": "A blue picture"},
    },
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "blue"}},
}


class Console:
    def __init__(self, native):
        self.native = native
        self.url = native.server.url
        self.session = native.session

    async def get(self, path, status=200):
        answer = await self.native.get(f"/api/console{path}")
        assert answer.status == status, answer.body
        return answer.json()

    async def post(self, path, body, status=200):
        answer = await self.native.post(f"/api/console{path}", body)
        assert answer.status == status, answer.body
        return answer.json()

    async def run(self, graph=SAMPLE, **more):
        """The ids of the jobs, once they have ended."""
        order = {"name": "Blue", "graph": graph, **more}
        made = (await self.post("/run", order))["ids"]
        for job_id in made:
            await self.ended(job_id)
        return made

    async def ended(self, job_id):
        async with asyncio.timeout(30):
            async for name, data in self.events():
                about = name == "hello" or (name == "job" and data["id"] == job_id)
                if not about:
                    continue
                job = await self.get(f"/jobs/{job_id}")
                if job["card"]["finished_at"] is not None:
                    return job
        raise AssertionError("the stream ended")

    async def events(self):
        async with self.session.get(f"{self.url}/api/console/events") as response:
            assert response.content_type == "text/event-stream"
            name = None
            async for line in response.content:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    name = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    yield name, json.loads(text.removeprefix("data: "))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def console(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("console")) as native:
        yield Console(native)
