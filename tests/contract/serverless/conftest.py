"""A whole server that asks for keys, and a client of its serverless API."""

import json

import pytest_asyncio
from tests.cli import graphs
from tests.contract.native.conftest import Native, running
from tests.contract.pausing import paused

from greenroom.domain.principal import Principal
from greenroom.service.workflow_source import Source

KEY = "a-key-of-the-tests"
CALLER = Principal()


class Serverless:
    def __init__(self, native: Native):
        self.server = native.server
        self.session = native.session
        self.services = native.server.services

    async def ask(self, method, path, status=200, key=KEY, **given):
        """The answer's JSON; `path` below /prod, or a whole address."""
        url = path if path.startswith("http") else f"{self.server.url}/prod{path}"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with self.session.request(method, url, headers=headers, **given) as answer:
            body = await answer.read()
            assert answer.status == status, body
            return json.loads(body)

    async def publish(self, graph, workflow_id):
        text = json.dumps(graph).encode()
        source = Source(f"{workflow_id}.json", {f"{workflow_id}.json": text})
        await self.services.workflows.take_in(CALLER, source, workflow_id=workflow_id)

    async def deploy(self, graph=None, workflow_id="quick", **fields):
        await self.publish(graph or graphs.quick(), workflow_id)
        body = {"name": workflow_id, "workflow_id": workflow_id, **fields}
        return await self.ask("POST", "/v2/deployments", json=body)

    def paused(self):
        return paused(self.services.workers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serverless(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serverless")
    async with running(folder, api_key=KEY) as native:
        yield Serverless(native)
