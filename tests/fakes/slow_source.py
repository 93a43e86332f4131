"""A real HTTP server whose files come when a test lets them."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator

from aiohttp import web
from PIL import Image


def picture(color: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(data, "PNG")
    return data.getvalue()


class SlowSource:
    """Sends half of a picture and waits; `let_go` sends the rest, `break_off` cuts every line.

    A path that begins with /status/ is answered with that status.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.left: list[str] = []
        """Paths whose client went away before the end."""
        self.open = 0
        """Answers that have begun and not ended."""
        self.most_open = 0
        self.body = picture()
        self._news = asyncio.Condition()
        self._go = asyncio.Event()
        self._broken = False

    async def until_asked(self, times: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    async def until_left(self, times: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.left) >= times)

    def let_go(self) -> None:
        self._broken = False
        self._go.set()

    def break_off(self) -> None:
        self._broken = True
        self._go.set()

    def hold_back(self) -> None:
        """Of those that ask from now on."""
        self._go = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        async with self._news:
            self.asked.append(request.path)
            self._news.notify_all()
        if request.path.startswith("/status/"):
            return web.Response(status=int(request.path.split("/")[2]))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self._send(request)
        except (ConnectionError, asyncio.CancelledError):
            async with self._news:
                self.left.append(request.path)
                self._news.notify_all()
            raise
        finally:
            self.open -= 1

    async def _send(self, request: web.Request) -> web.StreamResponse:
        response, body = web.StreamResponse(), self.body
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        await self._go.wait()
        if self._broken and request.transport is not None:
            request.transport.abort()
            return response
        await response.write(body[len(body) // 2 :])
        return response


@contextlib.asynccontextmanager
async def slow_source() -> AsyncIterator[SlowSource]:
    made, app = SlowSource(), web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.let_go()
        await runner.cleanup()
