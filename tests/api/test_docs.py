"""The page that describes every API."""

import json
import re

import pytest
from tests.contract.native.conftest import running

pytestmark = pytest.mark.asyncio(loop_scope="module")
_METHODS = {"get", "post", "put", "patch", "delete", "head"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("docs")


async def test_the_page_asks_nobody_else(folder):
    async with running(folder) as server:
        texts = [(await server.get(path)).body.decode() for path in _PARTS]
        page = await server.get("/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert not any("http://" in text or "https://" in text for text in texts)


_PARTS = ("/docs", "/docs/page.js", "/docs/page.css")


async def test_every_api_is_described_with_every_operation(folder):
    async with running(folder) as server:
        apis = (await server.get("/docs/apis.json")).json()
        told = {api["name"]: (await server.get(f"/docs/{api['name']}.json")).json() for api in apis}
        unknown = await server.get("/docs/nothing.json")

    assert {"native", "v2", "cloud", "studio", "serverless", "console", "library"} <= set(told)
    assert unknown.status == 404
    for description in told.values():
        assert description["openapi"].startswith("3.")
        assert description["info"]["title"]
        for path, operations in description["paths"].items():
            assert set(operations) <= _METHODS
            names = re.findall(r"\{(\w+)\}", path)
            for operation in operations.values():
                given = [_name(one, description) for one in operation.get("parameters", ())]
                assert set(names) <= set(given), path
    assert "post" in told["native"]["paths"]["/prompt"]
    assert "get" in told["v2"]["paths"]["/api/v2/jobs"]
    assert "post" in told["cloud"]["paths"]["/api/prompt"]
    inference = told["serverless"]["paths"]["/prod/v1/deployments/{deployment_id}/inference"][
        "post"
    ]
    schemas = told["serverless"]["components"]["schemas"]
    assert inference["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Request"
    }
    assert {"overrides", "workflow_api_json", "webhook"} <= set(schemas["Request"]["properties"])


def _name(parameter, root):
    if "$ref" not in parameter:
        return parameter["name"]
    found = root
    for key in parameter["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return json.loads(json.dumps(found))["name"]
