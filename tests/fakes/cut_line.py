"""A TCP proxy that stands between a worker and its server, and can be cut."""

import asyncio
import contextlib
from urllib.parse import urlsplit


class CutLine:
    """`async with CutLine(url) as line`: `line.url` leads to `url` until it is cut."""

    def __init__(self, url):
        self.lead_to(url)
        self.up_limit = None
        """Bytes of one connection towards the server after which it breaks, once."""
        self.down_limit = None
        self.broke = asyncio.Event()
        self.carried = {"up": 0, "down": 0}
        self.port = 0
        self._server = None
        self._open = set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        await self.mend()
        return self

    async def __aexit__(self, *_):
        await self.cut()

    def lead_to(self, url):
        self._target = urlsplit(url).port

    async def cut(self):
        """Break every connection, and let none through."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._open):
            writer.transport.abort()

    async def mend(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _carry(self, reader, writer):
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._open |= ends
        ways = [
            asyncio.ensure_future(self._pass(reader, back, "up")),
            asyncio.ensure_future(self._pass(there, writer, "down")),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.transport.abort()
            self._open -= ends
        await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, reader, writer, way):
        carried = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                limit = getattr(self, f"{way}_limit")
                if limit is not None and carried + len(data) > limit:
                    setattr(self, f"{way}_limit", None)
                    self.broke.set()
                    return
                carried += len(data)
                self.carried[way] += len(data)
                writer.write(data)
                await writer.drain()
