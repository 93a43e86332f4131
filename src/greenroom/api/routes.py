"""The route table of one dialect."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from greenroom.api.context import Handler
from greenroom.domain.errors import AppError

ErrorAnswer: TypeAlias = Callable[[AppError], web.StreamResponse]
Lifespan: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
Farewell: TypeAlias = Callable[[], Awaitable[None]]
Cleanup: TypeAlias = Callable[[web.Application], AsyncIterator[None]]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    """With a leading slash; placeholders as aiohttp writes them."""
    handler: Handler
    prefixes: tuple[str, ...] = ("",)
    """What may stand before the path; the route exists once for each."""
    errors: ErrorAnswer | None = None
    """Instead of the dialect's own, where one noun has another error body."""
    public: bool = False
    """Answers without a key and for any host name: for probes, and what checks for itself."""
    page: bool = False
    """Sends who is not logged in to the login page."""
    for_workers: bool = False
    """Takes the keys of workers, and no others."""
    told_on_socket: bool = False
    """A WebSocket without a valid key is opened and closed with a code, not refused with 401."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API: its routes below a prefix, and how it words errors."""

    name: str
    routes: tuple[Route, ...]
    errors: ErrorAnswer
    prefix: str = ""
    hosts: frozenset[str] = frozenset()
    """Host names for which the routes stand at the root as well, in front of all others."""
    lifespan: Lifespan | None = None
    """What must run while the dialect is served."""
    farewell: Farewell | None = None
    """What ends the connections that would stay open for ever."""
