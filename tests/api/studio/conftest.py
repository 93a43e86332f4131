"""A whole server with the built-in engine and some workflows, and a client for the Studio API."""

import asyncio
import io
import json

import aiohttp
import pytest_asyncio
from PIL import Image
from tests.api.studio.workflows import COPY, FILM, PORTRAIT
from tests.contract.native.conftest import Answer, running

from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.principal import Principal
from greenroom.service.workflow_source import Source

CALLER = Principal()


class Studio:
    def __init__(self, native):
        self.native = native
        self.services = native.server.services
        self.session = native.session
        self.url = native.server.url

    async def get(self, path, status=200):
        answer = await self.native.get(path)
        assert answer.status == status, answer.body
        return answer.json()

    async def raw(self, path, **headers):
        return await self.native.get(path, **headers)

    async def post(self, path, body, status=200):
        answer = await self.native.post(path, body)
        assert answer.status == status, answer.body
        return answer.json()

    async def form(self, path, status=200, /, *, files=(), **fields):
        """`files` are (field, name, bytes)."""
        form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value)
        for field, name, data in files:
            form.add_field(field, data, filename=name)
        async with self.session.post(self.url + path, data=form) as response:
            answer = Answer(response.status, dict(response.headers), await response.read())
        assert answer.status == status, answer.body
        return answer.json()

    async def execute(self, workflow_id, params=None, status=200, files=()):
        path = f"/api/run/{workflow_id}/execute"
        return await self.form(path, status, files=files, params=json.dumps(params or {}))

    async def ended(self, job_id):
        """The record of the job, once it has ended."""
        with self.services.watch.follow(CALLER, job_id) as changes:
            job = await self.services.jobs.get(CALLER, job_id)
            async with asyncio.timeout(60):
                if job.state not in TERMINAL_STATES:
                    async for change in changes:
                        if hasattr(change, "job") and change.job.state in TERMINAL_STATES:
                            break
        return await self.get(f"/api/admin/history/{job_id}")

    async def run(self, workflow_id="film", params=None, files=()):
        made = await self.execute(workflow_id, params, files=files)
        return await self.ended(made["prompt_id"])

    async def started(self, graph):
        """The id of a job that runs a bare graph, once a worker has taken it."""
        with self.services.watch.follow(CALLER) as changes:
            job_id = (await self.post("/prompt", {"prompt": graph}))["prompt_id"]
            async with asyncio.timeout(30):
                async for change in changes:
                    if hasattr(change, "job") and change.job.id == job_id and change.job.started_at:
                        break
        return job_id

    async def picture(self, name="cat.png"):
        """A small picture in the input folder."""
        return (await self.form("/api/run/upload-image", files=[("file", name, PICTURE)]))[
            "filename"
        ]

    def folder(self, record):
        data_folder = self.data_folder
        return data_folder / "output" / record["output_dir"]


def _picture():
    data = io.BytesIO()
    Image.new("RGB", (32, 24), (200, 40, 40)).save(data, "PNG")
    return data.getvalue()


PICTURE = _picture()


async def add_workflows(services):
    for name, (manifest, graph) in {"wan-i2v-14b": PORTRAIT, "film": FILM, "copy": COPY}.items():
        files = {"manifest.yaml": manifest.encode(), "workflow.json": json.dumps(graph).encode()}
        await services.workflows.take_in(CALLER, Source(name, files))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    async with running(folder) as native:
        await add_workflows(native.server.services)
        made = Studio(native)
        made.data_folder = folder
        yield made
