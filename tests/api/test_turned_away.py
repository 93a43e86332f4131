"""The Studio socket tells by its close code that a key is not valid."""

import aiohttp
import pytest
from aiohttp import WSServerHandshakeError

from greenroom.domain.notice import NoticeKind
from greenroom.domain.principal import Principal

ME = Principal()
SOCKET = "/api/run/ws"


async def closed(socket):
    """The close code, and why."""
    frame = await socket.receive(timeout=30)
    assert frame.type is aiohttp.WSMsgType.CLOSE
    return frame.data, frame.extra


async def hears(services, socket):
    """Whether the next event reaches the socket."""
    await services.event_log.note(ME, NoticeKind.ASSETS_SYNCED, {})
    return (await socket.receive_json(timeout=30))["type"] == NoticeKind.ASSETS_SYNCED


@pytest.mark.parametrize("query", ["", "?token=wrong", "?token="])
async def test_a_socket_without_a_valid_key_is_closed_with_a_code(edge, services, query):
    async with edge(api_key="secret") as client:
        async with client.ws_connect(SOCKET + query) as socket:
            assert await closed(socket) == (4001, "Not authenticated")
        async with client.ws_connect(f"{SOCKET}?token=secret") as socket:
            assert await hears(services, socket)


async def test_a_socket_whose_key_was_revoked_before_is_closed_with_the_code(edge, services):
    await services.keys.create(ME, "other")
    gone = await services.keys.create(ME, "gone")
    await services.keys.revoke(ME, "gone", even_last=False)
    async with edge() as client, client.ws_connect(f"{SOCKET}?token={gone.secret}") as socket:
        assert await closed(socket) == (4001, "Not authenticated")


async def test_an_open_socket_is_closed_with_the_code_when_its_key_is_revoked(edge, services):
    kept, gone = [await services.keys.create(ME, name) for name in ("kept", "gone")]
    async with (
        edge() as client,
        client.ws_connect(f"{SOCKET}?token={kept.secret}") as other,
        client.ws_connect(f"{SOCKET}?token={gone.secret}") as socket,
    ):
        await services.keys.revoke(ME, "gone", even_last=False)
        assert await closed(socket) == (4001, "Not authenticated")
        assert await hears(services, other)


async def test_without_an_upgrade_the_same_address_is_refused_as_all_others(edge):
    async with edge(api_key="secret") as client:
        assert (await client.get(SOCKET)).status == 401


async def test_a_page_of_another_origin_is_refused_before_that(edge):
    async with edge(api_key="secret") as client:
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(SOCKET, headers={"Origin": "http://evil.example"})
        assert refused.value.status == 403
