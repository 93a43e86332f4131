"""A real HTTP receiver of webhooks, that can refuse, hang, and be away."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self):
        return json.loads(self.body)


class Receiver:
    """Answers what `status` says; None hangs. It is away until it comes."""

    def __init__(self) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port: int = found.getsockname()[1]
        self.status: int | None = 204
        self.headers: dict[str, str] = {}
        self.text = ""
        self.received: list[Received] = []
        self.arrived = asyncio.Event()
        """Set with each request; tests clear it."""
        self._let_go = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def come(self) -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def go(self) -> None:
        self._let_go.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path_qs, headers, await request.read()))
        self.arrived.set()
        if self.status is None:
            await self._let_go.wait()
        return web.Response(status=self.status or 204, text=self.text, headers=self.headers)


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """One that is there."""
    made = Receiver()
    await made.come()
    yield made
    await made.go()
