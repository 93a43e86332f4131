"""The workers elsewhere: where each connects from, and what it may read and bring."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.worker import Elsewhere


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection that a worker has opened."""

    address: str
    """Where it comes from, as the server sees it."""
    send: Callable[[bytes], None]
    hang_up: Callable[[], None]


class Line(Protocol):
    """The server's end of a connection."""

    def hear(self, frame: bytes) -> None:
        """BAD_REQUEST for what cannot be understood."""

    def end(self) -> None:
        """The connection is no more."""


class Hosts(Protocol):
    """Whoever runs the workers that connect."""

    async def receive(self, hello: bytes, wire: Wire) -> Line:
        """Take up a worker that begins with `hello`. BAD_REQUEST, CONFLICT."""

    def input_path(self, worker: WorkerId, digest: str) -> Path | None:
        """Where a file lies that a run of this worker reads."""

    def elsewhere(self, worker: WorkerId) -> Elsewhere | None:
        """Where a worker is that runs on another machine."""


class Stations:
    def __init__(self) -> None:
        self._hosts: Hosts | None = None

    def serve_with(self, hosts: Hosts) -> None:
        """Let workers connect."""
        self._hosts = hosts

    async def receive(self, hello: bytes, wire: Wire) -> Line:
        """BAD_REQUEST, CONFLICT, UNAVAILABLE while the server starts."""
        if self._hosts is None:
            raise AppError(ErrorCode.UNAVAILABLE, "the server does not take workers yet")
        return await self._hosts.receive(hello, wire)

    def input_path(self, worker: WorkerId, digest: str) -> Path:
        """NOT_FOUND for a file that none of the worker's runs reads."""
        path = None if self._hosts is None else self._hosts.input_path(worker, digest)
        if path is None:
            raise AppError(ErrorCode.NOT_FOUND, "no run of this worker reads that file")
        return path

    def elsewhere(self, worker: WorkerId) -> Elsewhere | None:
        """Where a worker is that runs on another machine; None for one of this server's own."""
        return None if self._hosts is None else self._hosts.elsewhere(worker)
