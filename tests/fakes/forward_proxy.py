"""A forward proxy as companies have them: CONNECT only, with a password if it is told one."""

import asyncio
import base64
import contextlib


class ForwardProxy:
    """`async with ForwardProxy(port) as proxy`: whatever host is asked for, `port` answers."""

    def __init__(self, target, password=None, answer="200 OK"):
        self._target = target
        self._password = password
        self._answer = answer
        self._server = None
        self._tasks = set()
        self.asked_for = []
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader, writer):
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader, writer):
        try:
            await self._answered(reader, writer)
        finally:
            writer.transport.abort()

    async def _answered(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, asked, _ = head[0].split()
        self.asked_for.append((method, asked))
        answer = self._answer if self._may(head[1:]) else "407 Proxy Authentication Required"
        writer.write(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        await writer.drain()
        if not answer.startswith("200"):
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [asyncio.ensure_future(_pass(*ends)) for ends in ((reader, back), (there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def _may(self, headers):
        if self._password is None:
            return True
        wanted = base64.b64encode(self._password.encode()).decode()
        return f"proxy-authorization: basic {wanted}".lower() in {one.lower() for one in headers}


async def _pass(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
