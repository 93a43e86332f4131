"""A reader that does not read is dropped, and nobody waits for it."""

import asyncio

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from greenroom.api.app import EdgeSettings, build_app
from greenroom.api.sockets import Sender


async def served(handler):
    app = web.Application()
    app.router.add_get("/ws", handler)
    server = TestServer(app)
    await server.start_server()
    return server


async def test_frames_arrive_in_order_and_in_kind():
    async def handler(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sender = Sender(socket, request.transport.abort)
        for frame in ("one", b"two", "three"):
            sender.send(frame)
        task = asyncio.create_task(sender.run())
        await socket.receive()
        task.cancel()
        return socket

    server = await served(handler)
    address = server.make_url("/ws")
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        assert await socket.receive_str() == "one"
        assert await socket.receive_bytes() == b"two"
        assert await socket.receive_str() == "three"
    await server.close()


async def test_a_slow_reader_is_dropped_and_the_sender_never_waits():
    ended = asyncio.get_running_loop().create_future()

    async def handler(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sender = Sender(socket, request.transport.abort, most_bytes=1_000_000)
        task = asyncio.create_task(sender.run())
        try:
            while not sender.dropped:
                sender.send(b"x" * 100_000)
                await asyncio.sleep(0)
            return socket
        finally:
            # The cut connection ends the handler, as when a client goes away.
            await task
            ended.set_result(sender.dropped)

    server = await served(handler)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    reader._transport.pause_reading()
    assert await asyncio.wait_for(ended, 30)
    writer.close()
    await server.close()


async def test_a_server_that_stops_says_so_to_every_socket(services):
    app = build_app(services, EdgeSettings())
    client = TestClient(TestServer(app))
    await client.start_server()
    sockets = [await client.ws_connect("/ws?clientId=same") for _ in range(3)]
    for socket in sockets:
        await socket.receive_json()
    closing = asyncio.create_task(client.server.close())
    for socket in sockets:
        assert (await socket.receive(timeout=20)).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    await closing
    await client.close()


async def test_a_sender_with_too_many_frames_gives_up_its_reader():
    aborted = []

    class Closed:
        closed = True

    sender = Sender(Closed(), lambda: aborted.append(True), most_frames=2)
    for _ in range(5):
        sender.send("x")
    assert (sender.dropped, aborted) == (True, [True])
