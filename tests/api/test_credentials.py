"""Stored keys, logins and what is open with them, at the one gate."""

import asyncio
import contextlib

import aiohttp
import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from greenroom.api.app import EdgeSettings, build_app
from greenroom.bootstrap import serving
from greenroom.config import Config
from greenroom.domain import session
from greenroom.domain.api_key import KeyRole
from greenroom.domain.principal import Principal

ME = Principal()
DAY_MS = session.LIFETIME_S * 1000


@pytest.fixture
async def key(services):
    return await services.keys.create(ME, "laptop")


def own(client):
    """The headers that a browser adds to what a page of this server sends."""
    return {"Origin": f"http://127.0.0.1:{client.port}"}


async def log_in(client, secret, **more):
    return await client.post("/api/auth/login", json={"api_key": secret, **more})


async def test_once_a_key_exists_it_is_asked_for(edge, services):
    async with edge() as client:
        assert (await client.get("/prompt")).status == 200
        made = await services.keys.create(ME, "laptop")
        refused = await client.get("/prompt")
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        shown = {"X-API-Key": made.secret}
        assert (await client.get("/prompt", headers=shown)).status == 200


async def test_a_workers_key_is_no_clients_key(edge, services, key):
    worker = await services.keys.create(ME, "gpu box", KeyRole.WORKER)
    async with edge() as client:
        shown = {"X-API-Key": worker.secret}
        assert (await client.get("/prompt", headers=shown)).status == 403
        assert (await log_in(client, worker.secret)).status == 401
        answer = await client.post("/api/admin/keys", json={"name": "x"}, headers=shown)
        assert answer.status == 403


async def test_a_key_has_one_of_the_roles_there_are(edge, key):
    async with edge() as client:
        shown = {"X-API-Key": key.secret}
        made = {"name": "x", "role": "owner"}
        answer = await client.post("/api/admin/keys", json=made, headers=shown)
        assert answer.status == 400
        assert "client, worker" in (await answer.json())["message"]


async def test_a_revoked_key_is_refused_at_once(edge, services, key):
    await services.keys.create(ME, "other")
    async with edge() as client:
        shown = {"Authorization": f"Bearer {key.secret}"}
        assert (await client.get("/prompt", headers=shown)).status == 200
        await services.keys.revoke(ME, "laptop", even_last=False)
        assert (await client.get("/prompt", headers=shown)).status == 401


async def test_without_its_last_key_a_server_on_loopback_is_open_again(edge, services, key):
    async with edge() as client:
        assert (await client.get("/prompt")).status == 401
        await services.keys.revoke(ME, key.key.id, even_last=True)
        assert (await client.get("/prompt")).status == 200


async def test_a_server_that_others_can_reach_never_opens(edge, services, key):
    async with edge(loopback=False, key_required=True) as client:
        await services.keys.revoke(ME, key.key.id, even_last=True)
        assert (await client.get("/prompt")).status == 401


async def test_the_configured_key_is_valid_beside_stored_ones(edge, key):
    async with edge(api_key="configured") as client:
        for secret in ("configured", key.secret):
            answer = await client.get("/prompt", headers={"X-API-Key": secret})
            assert answer.status == 200


async def test_a_revoked_key_stays_revoked_even_when_it_is_configured(edge, services, key):
    async with edge(api_key=key.secret) as client:
        shown = {"X-API-Key": key.secret}
        cookie = (await log_in(client, key.secret)).cookies["session"].value
        client.session.cookie_jar.clear()
        assert (await client.get("/prompt", headers=shown)).status == 200
        await services.keys.revoke(ME, key.key.id, even_last=True)
        assert (await client.get("/prompt", headers=shown)).status == 401
        answer = await client.get("/prompt", headers={"Cookie": f"session={cookie}"})
        assert answer.status == 401


async def test_a_lent_key_opens_a_server_and_does_not_close_one(edge, services):
    async with edge() as client:
        lent = services.keys.lend()
        assert (await client.get("/prompt")).status == 200
        await services.keys.create(ME, "laptop")
        assert (await client.get("/prompt", headers={"X-API-Key": lent})).status == 200


async def test_a_stream_of_events_may_show_its_key_in_the_address(edge, key):
    async with edge() as client:
        accept = {"Accept": "text/event-stream"}
        path = "/api/console/events"
        async with client.get(f"{path}?token={key.secret}", headers=accept) as answer:
            assert answer.status == 200
        for wrong in (f"{path}?token=wrong", path):
            assert (await client.get(wrong, headers=accept)).status == 401
        # Other addresses end up in histories and logs.
        assert (await client.get(f"/prompt?token={key.secret}")).status == 401


async def ends(socket):
    """Read until the connection is gone."""
    while True:
        if (await socket.receive(timeout=30)).type in {
            aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE,
        }:  # fmt: skip
            return


async def test_what_is_open_with_a_revoked_key_ends_at_once(edge, services, key):
    other = await services.keys.create(ME, "other")
    async with edge() as client, contextlib.AsyncExitStack() as stack:
        path = f"/ws?token={key.secret}"
        socket = await stack.enter_async_context(client.ws_connect(path))
        kept = await stack.enter_async_context(client.ws_connect(f"/ws?token={other.secret}"))
        stream = await client.get("/api/console/events", headers={"X-API-Key": key.secret})
        for one in (socket, kept):
            assert (await one.receive_json())["type"] == "status"
        assert b"hello" in await stream.content.readline()

        await services.keys.revoke(ME, key.key.id, even_last=False)

        await ends(socket)
        with pytest.raises(aiohttp.ClientPayloadError):
            await stream.content.read()
        await kept.send_json({"type": "feature_flags", "data": {}})
        assert (await kept.receive_json())["type"] == "feature_flags"
        with pytest.raises(WSServerHandshakeError):
            await client.ws_connect(path)


async def test_what_is_open_without_a_key_ends_when_the_first_one_is_made(edge, services):
    async with edge() as client, client.ws_connect("/ws") as socket:
        await socket.receive_json()
        made = await client.post("/api/admin/keys", json={"name": "first"})
        assert made.status == 201
        await ends(socket)


async def test_who_revokes_the_own_key_is_answered(edge, services, key):
    await services.keys.create(ME, "other")
    async with edge() as client:
        shown = {"X-API-Key": key.secret}
        answer = await client.delete(f"/api/admin/keys/{key.key.id}", headers=shown)
        assert (answer.status, (await answer.json())["name"]) == (200, "laptop")
        assert (await client.get("/prompt", headers=shown)).status == 401


async def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(edge, key):
    async with edge() as client:
        answer = await log_in(client, key.secret, next="/admin/queue?x=1")
        assert answer.status == 200
        assert await answer.json() == {"status": "ok", "redirect": "/admin/queue?x=1"}
        told = answer.headers["Set-Cookie"]
        assert all(word in told for word in ("HttpOnly", "SameSite=Strict", "Path=/"))
        assert "Max-Age=86400" in told
        assert "Secure" not in told
        assert key.secret not in told
        assert (await client.get("/prompt")).status == 200
        async with client.ws_connect("/ws", headers=own(client)) as socket:
            assert (await socket.receive_json())["type"] == "status"

        behind = {"X-Forwarded-Proto": "https"}
        answer = await client.post("/api/auth/login", json={"api_key": key.secret}, headers=behind)
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_wrong_key_gives_no_cookie(edge, key):
    async with edge() as client:
        answer = await log_in(client, key.secret + "x")
        assert answer.status == 401
        assert await answer.json() == {"detail": "Invalid API key"}
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"api_key": 7}', b"\xff"])
async def test_a_login_without_a_key_is_a_bad_request(edge, key, body):
    async with edge() as client:
        answer = await client.post("/api/auth/login", data=body)
        assert answer.status == 400


async def test_a_login_ends_with_its_key(edge, services, key):
    await services.keys.create(ME, "other")
    async with edge() as client:
        await log_in(client, key.secret)
        assert (await client.get("/prompt")).status == 200
        await services.keys.revoke(ME, key.key.id, even_last=False)
        answer = await client.get("/prompt")
        assert answer.status == 401
        assert "ended" in (await answer.json())["error"]["message"]


async def test_a_logout_takes_the_cookie_away(edge, key):
    async with edge() as client:
        await log_in(client, key.secret)
        answer = await client.post("/api/auth/logout", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, "/login")
        assert (await client.get("/prompt")).status == 401


async def test_a_login_lasts_a_day_from_its_last_use(tmp_path, clock):
    config = Config(port=0, data_dir=tmp_path, workers=0)
    async with serving(config, clock) as server:
        made = await server.services.keys.create(ME, "laptop")
        app = build_app(server.services, EdgeSettings())
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            first = (await log_in(client, made.secret)).cookies["session"].value
            clock.advance(DAY_MS - 60_000)
            renewed = await client.get("/prompt")
            assert renewed.cookies["session"].value != first
            assert "Set-Cookie" not in (await client.get("/prompt")).headers
            clock.advance(DAY_MS - 60_000)
            assert (await client.get("/prompt")).status == 200
            clock.advance(DAY_MS + 60_000)
            assert (await client.get("/prompt")).status == 401
            headers = {"Cookie": f"session={first}"}
            assert (await client.get("/prompt", headers=headers)).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://studio.example", "Sec-Fetch-Site": "cross-site"}, 200),
        ({}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://localhost:{port}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
    ],
)
async def test_with_a_cookie_only_own_pages_change_something(edge, key, headers, status):
    async with edge(allowed_origins=frozenset({"https://studio.example"})) as client:
        await log_in(client, key.secret)
        given = {name: text.format(port=client.port) for name, text in headers.items()}
        assert (await client.post("/interrupt", headers=given)).status == status
        if status == 403:
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/ws", headers=given)
            assert refused.value.status == 403


async def test_with_a_key_in_a_header_no_page_is_needed(edge, key):
    async with edge() as client:
        answer = await client.post("/interrupt", headers={"X-API-Key": key.secret})
        assert answer.status == 200


async def test_a_wrong_key_in_a_header_is_refused_even_with_a_login(edge, key):
    async with edge() as client:
        await log_in(client, key.secret)
        answer = await client.get("/prompt", headers={"X-API-Key": "wrong"})
        assert answer.status == 401


@pytest.mark.parametrize(
    ("path", "accept"), [("/admin/queue?a=b", "*/*"), ("/", "*/*"), ("/view?x=y", "text/html")]
)
async def test_a_person_without_a_login_is_sent_to_the_login_page(edge, key, path, accept):
    async with edge() as client:
        headers = {"Accept": accept}
        answer = await client.get(path, headers=headers, allow_redirects=False)
        assert answer.status == 302
        target = answer.headers["Location"]
        page = await client.get(target)
        assert page.status == 200
        assert f'value="{path}"' in (await page.text()).replace("&amp;", "&")
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\r\nX: y", ""],
)
async def test_a_login_leads_to_no_other_server(edge, key, target):
    async with edge() as client:
        answer = await log_in(client, key.secret, next=target)
        assert (await answer.json())["redirect"] == "/"


async def test_the_login_page_works_without_scripts(edge, key):
    async with edge() as client:
        wrong = {"api_key": "wrong", "next": '/run/"><b>'}
        answer = await client.post("/api/auth/login", data=wrong, allow_redirects=False)
        text = await answer.text()
        assert answer.status == 401
        assert "not valid" in text
        assert "<b>" not in text
        right = {"api_key": key.secret, "next": "/admin/queue"}
        answer = await client.post("/api/auth/login", data=right, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/admin/queue")
        assert (await client.get("/prompt")).status == 200


async def test_without_keys_there_is_nothing_to_log_in_to(edge):
    async with edge() as client:
        answer = await client.get("/login?next=/admin/queue", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, "/admin/queue")


async def test_a_foreign_page_cannot_log_anybody_in_or_out(edge, key):
    async with edge() as client:
        foreign = {"Origin": "http://evil.example"}
        for path in ("/api/auth/login", "/api/auth/logout"):
            answer = await client.post(path, json={"api_key": key.secret}, headers=foreign)
            assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)


async def test_a_stranger_makes_no_key_on_a_server_that_is_open_to_others(edge, services):
    async with edge(loopback=False) as client:
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/x")):
            answer = await client.request(method, f"/api/admin/keys{path}", json={"name": "x"})
            assert answer.status == 403
        assert not services.keys.exist


async def test_keys_are_listed_without_what_they_are(edge, key):
    async with edge() as client:
        answer = await client.get("/api/admin/keys", headers={"X-API-Key": key.secret})
        text = await answer.text()
        (told,) = (await answer.json())["keys"]
        assert (told["id"], told["name"], told["revoked_at"]) == (key.key.id, "laptop", None)
        assert told["last_used_at"] is not None
        assert key.secret not in text
        assert key.key.digest not in text


async def test_requests_at_the_same_time_are_told_apart(edge, services, key):
    async with edge() as client:
        tries = [key.secret, "wrong", key.secret, key.secret[:-1]] * 10
        answers = await asyncio.gather(
            *(client.get("/prompt", headers={"X-API-Key": secret}) for secret in tries)
        )
        assert [a.status for a in answers] == [200, 401, 200, 401] * 10
