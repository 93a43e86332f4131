"""A whole server, and a client that checks every answer against the description of API v2."""

import contextlib
import io
import json
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from tests.contract.native.conftest import running
from tests.contract.pausing import paused
from tests.contract.v2.conformance import CONTRACT, check
from yarl import URL

from greenroom.bootstrap import Server


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json()["error"]["code"]


@dataclass
class V2:
    server: Server
    session: aiohttp.ClientSession

    async def send(self, method, path, **given):
        url = path if path.startswith("http") else self.server.url + path
        async with self.session.request(method, URL(url, encoded=True), **given) as response:
            body = await response.read()
            kind = response.headers.get("Content-Type", "")
            check(method, response.url.path, response.status, kind, body)
            return Answer(response.status, dict(response.headers), body)

    async def get(self, path, **headers):
        return await self.send("GET", path, headers=headers)

    async def upload(self, data, file_path="photo.bin", kind="application/octet-stream", **fields):
        headers = {"Idempotency-Key": fields.pop("key")} if "key" in fields else {}
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(data), filename="upload")
        form.add_field("content_type", kind)
        form.add_field("file_path", file_path)
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                form.add_field(name, str(one))
        return await self.send("POST", "/api/v2/assets", data=form, headers=headers)

    async def submit(self, workflow, key=None, **more):
        headers = {} if key is None else {"Idempotency-Key": key}
        body = {"workflow": workflow, **more}
        return await self.send("POST", "/api/v2/jobs", json=body, headers=headers)

    async def ended(self, job):
        """The job as it is after the last event of its stream."""
        await self.frames(job["urls"]["events"])
        return (await self.get(job["urls"]["self"])).json()

    async def frames(self, path, **headers):
        """(id, event, data) of every frame to the end of the stream."""
        return parsed((await self.get(path, **headers)).body.decode())

    def paused(self):
        """Jobs wait and do not run."""
        return paused(self.server.services.workers)


def parsed(stream):
    """(id, event, data) of every frame."""
    texts = [text for text in stream.split("\n\n") if text and not text.startswith(":")]
    return [_frame(text) for text in texts]


def _frame(text):
    lines = dict(line.split(": ", 1) for line in text.split("\n"))
    return lines["id"], lines["event"], json.loads(lines["data"])


@pytest.fixture(scope="session", autouse=True)
def _description_is_read():
    """Reading files blocks; the tests' own checks must not do it later."""
    assert CONTRACT.spec


@contextlib.asynccontextmanager
async def serving_v2(folder, **settings):
    async with running(folder, **settings) as native:
        yield V2(native.server, native.session)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def v2(tmp_path_factory):
    """One server for all tests of a module."""
    async with serving_v2(tmp_path_factory.mktemp("v2")) as started:
        yield started
