"""A TCP proxy between a worker and its server that can be cut, or swallow all that it gets."""

import asyncio
import contextlib
from urllib.parse import urlsplit


class CutLine:
    """`async with CutLine(url) as line`: `line.url` leads to `url` until it is cut.

    With `tls`, a server's context, it takes in TLS and passes on what is inside.
    """

    def __init__(self, url, tls=None):
        self.lead_to(url)
        self._tls = tls
        self.up_limit = None
        """Bytes of one connection towards the server after which it breaks, once."""
        self.down_limit = None
        self.up_mute = None
        """Bytes of one connection towards the server after which all of them are swallowed."""
        self.broke = asyncio.Event()
        self.carried = {"up": 0, "down": 0}
        self.port = 0
        self._server = None
        self._open = set()
        self._tasks = set()
        self._passes = asyncio.Event()
        self._passes.set()

    @property
    def url(self):
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    async def __aenter__(self):
        await self.mend()
        return self

    async def __aexit__(self, *_):
        await self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lead_to(self, url):
        self._target = urlsplit(url).port

    async def cut(self):
        """Break every connection, and let none through."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._open):
            writer.transport.abort()

    def swallow(self):
        """Keep every connection, take new ones, and pass nothing on."""
        self._passes.clear()

    def forget(self):
        """Pass on what comes over new connections; the present ones stay open, and mute."""
        self._passes = asyncio.Event()
        self._passes.set()

    async def mend(self):
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def _accept(self, reader, writer):
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader, writer):
        passes, ends, ways = self._passes, {writer}, []
        self._open.add(writer)
        try:
            await passes.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            ends.add(back)
            self._open.add(back)
            ways = [
                asyncio.ensure_future(self._pass(reader, back, "up", passes)),
                asyncio.ensure_future(self._pass(there, writer, "down", passes)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for end in ends:
                end.transport.abort()
            self._open -= ends
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, reader, writer, way, passes):
        carried = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if way == "up" and self.up_mute is not None and carried > self.up_mute:
                    self.up_mute = None
                    self.swallow()
                    self.broke.set()
                await passes.wait()
                limit = getattr(self, f"{way}_limit")
                if limit is not None and carried + len(data) > limit:
                    setattr(self, f"{way}_limit", None)
                    self.broke.set()
                    return
                carried += len(data)
                self.carried[way] += len(data)
                writer.write(data)
                await writer.drain()
