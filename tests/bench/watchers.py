"""Many who watch one job: how soon the last of them hears what happens, and what each costs."""

import asyncio
import time
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

import aiohttp
from tests.bench import graphs
from tests.bench.figure import Figure
from tests.bench.laps import wait_for_nodes
from tests.bench.server_process import server

_WATCHERS = 1000
_ROUNDS = 12


class _Watcher(asyncio.Protocol):
    """One open stream: when it began to tell, and when it told the end."""

    def __init__(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._request = request
        self._heard = b""
        self.begun: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[float] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not self.begun.done() and b"event: status" in self._heard:
            self.begun.set_result(None)
        if not self.ended.done() and b'"canceled"' in self._heard:
            self.ended.set_result(time.perf_counter())
            self._transport.close()


async def watchers() -> list[Figure]:
    """A waiting job is cancelled while all watch it; the time counts from before the request."""
    with server() as target:
        await wait_for_nodes(target.url)
        async with aiohttp.ClientSession(target.url) as session:
            await session.post("/api/console/workers", json={"action": "pause"})
            await _round(session, target.url, 10)
            before = target.memory_mb()
            laps, highest = [], before
            for _ in range(_ROUNDS):
                lap, memory = await _round(session, target.url, _WATCHERS, target.memory_mb)
                laps.append(lap)
                highest = max(highest, memory)
    each_kb = (highest - before) * 1024 / _WATCHERS
    return [
        Figure("event to the last of 1,000 watchers, p99", max(laps) * 1000, "ms", 200, False),
        Figure("memory of one watcher", each_kb, "kB", 150, False),
    ]


async def _round(
    session: aiohttp.ClientSession, url: str, count: int, memory: Callable[[], float] = lambda: 0.0
) -> tuple[float, float]:
    """Seconds until the last has heard, and the server's memory while all watch."""
    body = {"workflow": graphs.small()}
    async with session.post("/api/v2/jobs", json=body) as answer:
        job_id = (await answer.json())["id"]
    address = urlsplit(url)
    request = f"GET /api/v2/jobs/{job_id}/events HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n"
    loop = asyncio.get_running_loop()
    made = [
        (
            await loop.create_connection(
                lambda: _Watcher(request.encode()), address.hostname, address.port
            )
        )[1]
        for _ in range(count)
    ]
    await asyncio.gather(*(one.begun for one in made))
    used = memory()
    began = time.perf_counter()
    async with session.post(f"/api/v2/jobs/{job_id}/cancel"):
        ends = await asyncio.gather(*(one.ended for one in made))
    return max(ends) - began, used
