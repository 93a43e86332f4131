"""A whole server with the built-in engine, and a client for the library's API."""

import aiohttp
import pytest_asyncio
from tests.contract.native.conftest import running

ROOT = "/api/admin/library"


class Library:
    def __init__(self, native):
        self._session = native.session
        self._url = native.server.url
        self.services = native.server.services

    async def ask(self, method, path, status=200, **options):
        async with self._session.request(method, self._url + ROOT + path, **options) as answer:
            body = await answer.read()
            assert answer.status == status, body
            return await answer.json() if body else None

    async def take_in(self, files, status=201, **fields):
        """`files` maps a path inside the folder to bytes."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, text in fields.items():
            form.add_field(name, text)
        for name, data in files.items():
            form.add_field(name, data, filename=name)
        return await self.ask("POST", "/workflows", status, data=form)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("library")) as native:
        yield Library(native)
