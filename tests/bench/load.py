"""A load generator: many keep-alive connections that send prepared requests as fast as answered."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Measured:
    """Seconds of each request, and of all of them together."""

    elapsed: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.elapsed

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Connection(asyncio.Protocol):
    """One client: sends the next request when the answer to the last has come."""

    def __init__(self, requests: Iterator[bytes], measured: Measured) -> None:
        self._requests = requests
        self._measured = measured
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._buffer = b""
        self._measured.latencies.append(time.perf_counter() - self._sent)
        if not head.startswith(b"HTTP/1.1 20"):
            self._measured.failures += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def request(url: str, path: str, body: bytes | None = None) -> bytes:
    """One HTTP request as bytes."""
    host = urlsplit(url).netloc
    if body is None:
        return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def hammer(url: str, requests: Iterator[bytes], clients: int) -> Measured:
    """Send all requests over `clients` connections, each as fast as it is answered."""
    address = urlsplit(url)
    measured = Measured()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made = [
        await loop.create_connection(
            lambda: _Connection(requests, measured), address.hostname, address.port
        )
        for _ in range(clients)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in made))
    measured.elapsed = time.perf_counter() - began
    return measured


async def pace(url: str, make: Callable[[], bytes], rate: float, count: int) -> Measured:
    """Send `count` requests at an even `rate` a second, each counted from when it was due."""
    address = urlsplit(url)
    measured = Measured()
    free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()

    async def one(due: float) -> None:
        try:
            reader, writer = free.get_nowait()
        except asyncio.QueueEmpty:
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(make())
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_content_length(head))
        measured.latencies.append(time.perf_counter() - due)
        measured.failures += not head.startswith(b"HTTP/1.1 20")
        free.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            due = began + number / rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            tasks.create_task(one(due))
    measured.elapsed = time.perf_counter() - began
    while not free.empty():
        free.get_nowait()[1].close()
    return measured
