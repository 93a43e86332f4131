"""The one check before every handler: keys, host names, origins."""

import pytest
from aiohttp import WSServerHandshakeError

from greenroom.api.native.routes import native

OPEN = {"/healthz", "/readyz"}


async def test_without_a_configured_key_everybody_is_let_in(edge):
    async with edge() as client:
        assert (await client.get("/prompt")).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-API-Key": "secret"}, 200),
        ({"X-API-Key": "secret2"}, 401),
        ({"X-API-Key": ""}, 401),
        ({"X-API-Key": "s\u00e9cret"}, 401),
        ({"Authorization": "Bearer secret"}, 200),
        ({"Authorization": "bearer secret"}, 200),
        ({"Authorization": "Basic secret"}, 401),
        ({"Authorization": "Bearer"}, 401),
    ],
)
async def test_a_configured_key_must_be_shown(edge, headers, status):
    async with edge(api_key="secret") as client:
        answer = await client.get("/prompt", headers=headers)
        assert answer.status == status
        if status == 401:
            assert (await answer.json())["error"]["type"] == "unauthorized"


async def test_every_route_but_the_probes_asks_for_the_key(edge, services):
    async with edge(api_key="secret") as client:
        for route in native(services).routes:
            for prefix in route.prefixes:
                path = prefix + route.path.replace("{", "").replace("}", "").replace(":.*", "")
                answer = await client.request(route.method, path)
                assert answer.status == 401, (route.method, path)
        for path in OPEN:
            assert (await client.get(path)).status == 200


async def test_a_socket_may_show_its_key_in_the_address(edge):
    async with edge(api_key="secret") as client:
        async with client.ws_connect("/ws?token=secret") as socket:
            assert (await socket.receive_json())["type"] == "status"
        for path in ("/ws", "/ws?token=wrong"):
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect(path)
            assert refused.value.status == 401
        assert (await client.get("/prompt?token=secret")).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:8190", "Origin": "http://127.0.0.1:8190"}, 200),
        ({"Host": "127.0.0.1:8190", "Origin": "http://127.0.0.1"}, 200),
        ({"Host": "localhost:8190", "Origin": "http://localhost:8190"}, 200),
        ({"Host": "[::1]:8190", "Origin": "http://[::1]:8190"}, 200),
        ({"Host": "127.0.0.1:8190", "Origin": "http://localhost:8190"}, 403),
        ({"Host": "127.0.0.1:8190", "Origin": "http://127.0.0.1:9999"}, 403),
        ({"Host": "127.0.0.1:8190", "Origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1:8190", "Origin": "null"}, 403),
        ({"Host": "127.0.0.1:8190", "Origin": "http://["}, 403),
        ({"Host": "127.0.0.1:8190", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "127.0.0.1:8190", "Sec-Fetch-Site": "same-site"}, 200),
        ({"Host": "127.0.0.1:8190", "Sec-Fetch-Site": "none"}, 200),
    ],
)
async def test_pages_of_other_origins_are_refused(edge, headers, status):
    async with edge() as client:
        for path in ("/prompt", "/api/queue"):
            assert (await client.get(path, headers=headers)).status == status
        answer = await client.post("/interrupt", headers=headers)
        assert answer.status == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("app.localhost:1", 200),
        ("127.8.9.1:80", 200),
        ("[::1]", 200),
        ("evil.example:8190", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("192.0.2.7", 403),
        ("127.0.0.1:x", 403),
        ("studio.example", 200),
    ],
)
async def test_on_loopback_only_its_own_names_and_allowed_ones_are_served(edge, host, status):
    async with edge(allowed_hosts=frozenset({"studio.example"})) as client:
        assert (await client.get("/prompt", headers={"Host": host})).status == status


async def test_elsewhere_any_host_name_is_served_but_no_foreign_page(edge):
    async with edge(loopback=False) as client:
        headers = {"Host": "gpu.example:8190"}
        assert (await client.get("/prompt", headers=headers)).status == 200
        own = {**headers, "Origin": "http://gpu.example:8190"}
        assert (await client.get("/prompt", headers=own)).status == 200
        foreign = {**headers, "Origin": "http://evil.example"}
        assert (await client.get("/prompt", headers=foreign)).status == 403


async def test_an_allowed_origin_may_call_even_from_another_site(edge):
    async with edge(allowed_origins=frozenset({"https://studio.example"})) as client:
        headers = {"Origin": "https://studio.example", "Sec-Fetch-Site": "cross-site"}
        assert (await client.get("/prompt", headers=headers)).status == 200


async def test_a_refusal_says_nothing_of_the_server(edge):
    async with edge() as client:
        answer = await client.get("/prompt", headers={"Origin": "http://evil.example"})
        assert (answer.status, await answer.read()) == (403, b"")
