"""The services of a server without workers, and applications built over them."""

import contextlib

import pytest
from aiohttp.test_utils import TestClient, TestServer

from greenroom.api.app import EdgeSettings, build_app
from greenroom.bootstrap import serving
from greenroom.config import Config


@pytest.fixture
async def services(tmp_path):
    config = Config(port=0, data_dir=tmp_path, workers=0, engine="cpu")
    async with serving(config) as server:
        yield server.services


@pytest.fixture
def edge(services):
    """Serves an application with some settings; gives a client for it."""

    @contextlib.asynccontextmanager
    async def serve(**settings):
        app = build_app(services, EdgeSettings(**settings))
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            yield client

    return serve
