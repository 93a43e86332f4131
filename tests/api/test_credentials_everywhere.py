"""Every route of every dialect asks for a key, and takes the same ones."""

import functools
import re

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from greenroom.api.app import EdgeSettings, build_app
from greenroom.domain.principal import Principal

OPEN = {
    "/healthz": "a probe",
    "/readyz": "a probe",
    "/api/health": "a probe",
    "/api/v2/health": "a probe",
    "/login": "nobody has a cookie yet",
    "/api/auth/login": "it looks at the key itself",
    "/api/auth/logout": "it only takes a cookie away",
    "/api/v2/signed/{id}": "the signature in the address is the key",
    "/cloud/signed/{id}": "likewise",
    "/prod/v1/files/{id}/{name}": "likewise",
    "/prod/v2/files/{id}/{name}": "likewise",
    "/ui/{name}": "the same files for everybody",
}
PAGES = {"/", "/run", "/run/{workflow}", "/admin", "/admin/{page}", "/docs"}
"""Who has no key is sent to the login page."""

PARTS = ("00000000-0000-4000-8000-000000000000", "native", "page.js")
"""What stands for a placeholder: the first that its pattern allows."""

ME = Principal()


def table(app):
    """(method, path, an address that fits it) of every route that the server has."""
    routes = {(route.method, route.resource.canonical): route for route in app.router.routes()}
    return [(*name, fitting(routes[name].resource)) for name in sorted(routes)]


@functools.cache
def fitting(resource):
    """An address that the resource takes."""
    pattern = resource.get_info().get("pattern")
    if pattern is None:
        return resource.canonical
    filled = [re.sub(r"\{[^}]*\}", part, resource.canonical) for part in PARTS]
    return next(path for path in filled if pattern.fullmatch(path))


@pytest.fixture
async def app(services):
    return build_app(services, EdgeSettings())


@pytest.fixture
async def client(app):
    # What a stream still sends must not meet the next request.
    connector = aiohttp.TCPConnector(force_close=True)
    server = TestServer(app, host="127.0.0.1")
    async with TestClient(server, connector=connector) as client:
        yield client


@pytest.fixture
async def keys(services):
    """What a request can show, by kind: the header, and whether it is let in."""
    keys = services.keys
    right, revoked = await keys.create(ME, "right"), await keys.create(ME, "revoked")
    await keys.revoke(ME, "revoked", even_last=False)
    return {
        "none": ({}, False),
        "wrong": ({"X-API-Key": right.secret + "x"}, False),
        "revoked": ({"X-API-Key": revoked.secret}, False),
        "forged login": ({"Cookie": f"session={right.key.id}.1800000000.00"}, False),
        "right": ({"X-API-Key": right.secret}, True),
        "right, as a bearer's": ({"Authorization": f"Bearer {right.secret}"}, True),
    }


async def status(client, method, address, headers):
    answer = await client.request(method, address, headers=headers, allow_redirects=False)
    # Streams go on for ever; their head is enough.
    answer.close()
    return answer.status


async def test_every_route_takes_the_right_key_and_no_other(app, client, keys):
    asking = [entry for entry in table(app) if entry[1] not in OPEN]
    assert len(asking) > 150
    for method, path, address in asking:
        refused = 302 if path in PAGES else 401
        for kind, (headers, let_in) in keys.items():
            found = await status(client, method, address, headers)
            assert (found == refused) is not let_in, (method, path, kind, found)


async def test_the_open_routes_are_open_and_there_are_no_others(app, client, keys):
    paths = {path for _, path, _ in table(app)}
    assert set(OPEN) | PAGES <= paths
    for method, path, address in table(app):
        if path in OPEN:
            assert await status(client, method, address, {}) != 401, (method, path)


async def test_without_any_key_every_route_is_open_on_loopback(app, client):
    for method, path, address in table(app):
        assert await status(client, method, address, {}) != 401, (method, path)


async def test_every_route_refuses_foreign_pages_but_those_that_hold_nothing(app, client):
    foreign = {"Origin": "http://evil.example"}
    for method, path, address in table(app):
        if path in OPEN and not path.startswith(("/login", "/api/auth")):
            continue
        assert await status(client, method, address, foreign) == 403, (method, path)
