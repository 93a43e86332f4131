"""A whole server, and a client that checks every answer against the contract of Comfy Cloud."""

import asyncio
import contextlib
import io
import json
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from tests.contract.cloud.conformance import PUBLISHED, SERVED, check
from tests.contract.native.conftest import Answer, Ears, running
from tests.contract.pausing import paused
from yarl import URL

from greenroom.bootstrap import Server

ENDED = {"completed", "failed", "cancelled"}


@dataclass
class Cloud:
    server: Server
    session: aiohttp.ClientSession

    async def send(self, method, path, **given):
        """Redirects are answers; nothing is followed."""
        url = path if path.startswith("http") else f"{self.server.url}/cloud{path}"
        async with self.session.request(
            method, URL(url, encoded=True), allow_redirects=False, **given
        ) as response:
            body = await response.read()
            kind = response.headers.get("Content-Type", "")
            check(method, response.url.raw_path, response.status, kind, body)
            return Answer(response.status, dict(response.headers), body)

    async def get(self, path, **headers):
        return await self.send("GET", path, headers=headers)

    async def post(self, path, value):
        return await self.send("POST", path, json=value)

    async def submit(self, graph, **more):
        answer = await self.post("/api/prompt", {"prompt": graph, **more})
        assert answer.status == 200, answer.body
        return answer.json()["prompt_id"]

    async def ended(self, job_id):
        """The job when it has ended."""
        watch = self.server.services.watch
        news = asyncio.Event()
        stop = watch.listen(lambda _event: news.set())
        try:
            async with asyncio.timeout(60):
                while (job := await self.job(job_id))["status"] not in ENDED:
                    await news.wait()
                    news.clear()
        finally:
            stop()
        return job

    async def job(self, job_id):
        return (await self.get(f"/api/jobs/{job_id}")).json()

    async def run(self, graph, **more):
        return await self.ended(await self.submit(graph, **more))

    async def upload(self, path, data, filename="photo.png", field="image", **fields):
        form = aiohttp.FormData()
        form.add_field(field, io.BytesIO(data), filename=filename)
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                form.add_field(name, one if isinstance(one, str) else json.dumps(one))
        return await self.send("POST", path, data=form)

    async def asset(self, data, filename="photo.png", **fields):
        return await self.upload("/api/assets", data, filename, "file", **fields)

    @contextlib.asynccontextmanager
    async def socket(self, **query):
        url = URL(f"{self.server.url}/cloud/ws").with_query(query)
        async with self.session.ws_connect(url) as connection:
            yield Ears(connection)

    def paused(self):
        """Jobs wait and do not run."""
        return paused(self.server.services.workers)

    def blobs(self):
        """Every file that holds bytes, finished or not."""
        folder = self.server.services.assets._blobs._folder
        return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="session", autouse=True)
def _descriptions_are_read():
    """Reading files blocks; the tests' own checks must not do it later."""
    assert PUBLISHED.spec
    assert SERVED.spec


@contextlib.asynccontextmanager
async def serving_cloud(folder, **settings):
    async with running(folder, **settings) as native:
        yield Cloud(native.server, native.session)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cloud(tmp_path_factory):
    """One server for all tests of a module."""
    async with serving_cloud(tmp_path_factory.mktemp("cloud")) as started:
        yield started
