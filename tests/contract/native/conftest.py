"""A whole server on a free port, with the built-in engine, and a client for it."""

import asyncio
import contextlib
import io
import json
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from tests.contract.native.recordings import INPUTS
from yarl import URL

from greenroom.bootstrap import Server, serving
from greenroom.config import Config


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Native:
    """A server and a client that speaks ComfyUI's API to it."""

    server: Server
    session: aiohttp.ClientSession

    async def send(self, method, path, body=None, headers=None):
        url = URL(self.server.url + path, encoded=True)
        if body is not None and len(body) > 1024 * 1024:
            body = io.BytesIO(body)
        async with self.session.request(
            method, url, data=body, headers=headers, skip_auto_headers=("Content-Type",)
        ) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def get(self, path, **headers):
        return await self.send("GET", path, headers=headers)

    async def post(self, path, value, **headers):
        return await self.send("POST", path, json.dumps(value).encode(), headers)

    async def upload(self, name, data, path="/upload/image", **fields):
        form = aiohttp.FormData(quote_fields=False)
        for key, value in fields.items():
            form.add_field(key, value)
        if isinstance(data, bytes):
            data = io.BytesIO(data)
        form.add_field("image", data, filename=name)
        async with self.session.post(self.server.url + path, data=form) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def upload_inputs(self):
        """What the recordings found in the input folder."""
        for path in sorted(INPUTS.iterdir()):
            await self.upload(path.name, path.read_bytes())
        await self.upload("grad.png", (INPUTS / "grad.png").read_bytes(), subfolder="sub/dir")

    async def until_ready(self):
        """Until a worker has said which nodes it knows."""
        try:
            async with asyncio.timeout(30):
                while not (await self.get("/object_info")).json():
                    pass
        except TimeoutError:
            pytest.fail(f"no worker came up: {self.server.services.workers.all()}")

    @contextlib.asynccontextmanager
    async def socket(self, client_id, flags=None):
        path = "/ws" if client_id is None else f"/ws?clientId={client_id}"
        async with self.session.ws_connect(self.server.url + path) as connection:
            if flags is not None:
                await connection.send_json({"type": "feature_flags", "data": flags})
            yield Ears(connection)


class Ears:
    """One WebSocket, and what was heard on it."""

    def __init__(self, connection):
        self.connection = connection

    async def next(self):
        """The next message: an object for text, bytes for a binary frame."""
        async with asyncio.timeout(30):
            frame = await self.connection.receive()
        if frame.type is aiohttp.WSMsgType.BINARY:
            return frame.data
        assert frame.type is aiohttp.WSMsgType.TEXT, frame
        return json.loads(frame.data)

    async def until(self, wanted):
        """Everything up to the message that `wanted` accepts, that one included."""
        heard = []
        while True:
            heard.append(await self.next())
            if wanted(heard[-1]):
                return heard

    async def until_done(self, prompt_id):
        def done(message):
            if not isinstance(message, dict) or message["type"] != "executing":
                return False
            data = message["data"]
            return data["node"] is None and data["prompt_id"] == prompt_id

        return await self.until(done)


@contextlib.asynccontextmanager
async def running(folder, **settings):
    config = Config(port=0, data_dir=folder, drain_seconds=0.0, **{"engine": "cpu"} | settings)
    async with serving(config) as server, aiohttp.ClientSession() as session:
        native = Native(server, session)
        await native.until_ready()
        yield native


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native(tmp_path_factory):
    """One server for all tests of a module."""
    async with running(tmp_path_factory.mktemp("native")) as started:
        yield started
