"""A reverse proxy as it comes out of the box: a path of its own, and no large bodies."""

import asyncio

import aiohttp
from aiohttp import web


class Front:
    """`async with Front(url) as front`: `front.url`, a path below another host, leads to `url`."""

    def __init__(self, url, most=1 << 20):
        self._target = url
        self._most = most
        self._runner = None
        self._session = None
        self.url = ""
        self.refused = 0
        """How many bodies were too large."""

    async def __aenter__(self):
        self._session = aiohttp.ClientSession()
        app = web.Application(client_max_size=self._most)
        app.router.add_route("*", "/green/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/green"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request):
        url = f"{self._target}/{request.match_info['path']}"
        if "Upgrade" in request.headers:
            return await self._pass_socket(request, url)
        if (request.content_length or 0) > self._most:
            self.refused += 1
            return web.Response(status=413, text="<html>413 Request Entity Too Large</html>")
        kept = {name: request.headers[name] for name in ("Range",) if name in request.headers}
        async with self._session.request(
            request.method, url, params=request.query, data=await request.read(), headers=kept
        ) as answer:
            return web.Response(status=answer.status, body=await answer.read())

    async def _pass_socket(self, request, url):
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async with self._session.ws_connect(url, max_msg_size=0) as there:
            ways = [
                asyncio.ensure_future(_pass(*ends)) for ends in ((socket, there), (there, socket))
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        return socket


async def _pass(source, target):
    async for message in source:
        await target.send_bytes(message.data)
