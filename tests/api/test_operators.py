"""What only the operator may do with the workers, which run the jobs of every tenant."""

import aiohttp
import pytest
import pytest_asyncio
from tests.contract.native.conftest import running

from greenroom.api.fleet.routes import FLEET
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANGES = [
    (route.method, f"{FLEET.prefix}{route.path}")
    for route in FLEET.routes
    if route.method != "GET" and not route.path.startswith("/tenants")
] + [
    ("POST", "/api/console/workers"),
    ("POST", "/api/console/workers/add"),
    ("DELETE", "/api/console/workers/{id}"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers(tmp_path_factory):
    """The server, and a session of the operator and one of a tenant."""
    async with running(tmp_path_factory.mktemp("operators")) as native:
        await native.until_ready()
        keys = native.server.services.keys
        mine = await keys.create(Principal(), "mine")
        theirs = await keys.create(Principal(), "theirs", tenant=TenantId("school"))
        async with (
            aiohttp.ClientSession(headers={"X-API-Key": mine.secret}) as operator,
            aiohttp.ClientSession(headers={"X-API-Key": theirs.secret}) as tenant,
        ):
            yield native.server, operator, tenant


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_a_tenant_changes_no_worker(callers, method, path):
    server, _operator, tenant = callers
    (worker, *_) = server.services.workers.all()
    url = server.url + path.format(id=worker.id)
    async with tenant.request(method, url, json={}) as answer:
        assert answer.status == 403, await answer.text()
    assert server.services.workers.find(worker.id) is not None


async def test_a_worker_may_be_changed_by_the_operator(callers):
    server, operator, _tenant = callers
    (worker, *_) = server.services.workers.all()
    for order in ("pause", "resume"):
        url = f"{server.url}{FLEET.prefix}/workers/{worker.id}/{order}"
        async with operator.post(url) as answer:
            assert answer.status == 200, await answer.text()


@pytest.mark.parametrize("path", ["/api/admin/workers", "/api/console/workers"])
async def test_a_tenant_does_not_see_where_workers_stand_and_what_they_run(callers, path):
    server, operator, tenant = callers
    async with tenant.get(server.url + path) as answer:
        theirs = (await answer.json())["workers"]
    async with operator.get(server.url + path) as answer:
        mine = (await answer.json())["workers"]
    assert [one["id"] for one in theirs] == [one["id"] for one in mine]
    assert {(one["url"], one["address"], *one["jobs"]) for one in theirs} == {(None, None)}
