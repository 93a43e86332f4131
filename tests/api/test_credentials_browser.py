"""A person logs in, in a real browser."""

import asyncio

import pytest
from tests.browser import page
from tests.cli.processes import greenroom, served

POST = "async path => (await fetch(path, {method: 'POST'})).status"
HEAR = """async () => {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws');
    return await new Promise(done => {
        socket.onmessage = event => done(JSON.parse(event.data).type);
        socket.onclose = () => done('closed');
    });
}"""


@pytest.fixture
def locked(tmp_path):
    """A server that asks for a key, and the key."""
    made = greenroom("keys", "create", "laptop", "--data-dir", tmp_path / "data")
    with served(tmp_path / "data") as server:
        yield server.url, made.out.strip()


async def test_a_person_logs_in_and_uses_the_pages(locked):
    url, key = locked
    async with page() as tab:
        hosts, told = set(), []
        tab.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        tab.on("console", lambda message: told.append(message.text))
        await tab.goto(f"{url}/admin/queue?from=bookmark")
        assert await tab.title() == "Log in - Greenroom"
        assert told == []

        await tab.fill("[name=api_key]", "wrong")
        await tab.click("button")
        assert "not valid" in await tab.inner_text("[role=alert]")

        await tab.fill("[name=api_key]", key)
        await tab.click("button")
        await tab.wait_for_url(f"{url}/admin/queue?from=bookmark")
        assert await tab.evaluate(POST, "/interrupt") == 200
        assert await tab.evaluate(HEAR) == "status"
        assert await tab.evaluate("document.cookie") == ""
        assert hosts == {url.removeprefix("http://")}

        assert (await tab.context.request.get(f"{url}/prompt")).status == 200
        revoke = ("keys", "revoke", "laptop", "--last", "--server", url, "--api-key", key)
        other = ("keys", "create", "other", "--server", url, "--api-key", key)
        for command in (other, revoke):
            assert (await asyncio.to_thread(greenroom, *command)).code == 0
        assert (await tab.context.request.get(f"{url}/prompt")).status == 401


async def test_a_page_on_another_port_gets_nothing_from_a_login(locked, tmp_path):
    url, key = locked
    with served(tmp_path / "other") as other:
        async with page() as tab:
            await tab.goto(f"{url}/login")
            await tab.fill("[name=api_key]", key)
            await tab.click("button")
            await tab.wait_for_url(f"{url}/")
            await tab.goto(f"{other.url}/healthz")
            # The browser sends the cookie: to it, ports are one site.
            attack = "url => fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include'})"
            async with tab.expect_response(f"{url}/interrupt") as answered:
                await tab.evaluate(attack, f"{url}/interrupt")
            assert (await answered.value).status == 403
