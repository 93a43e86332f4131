"""Ask a server one thing."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from greenroom.cli import event_loop
from greenroom.cli.client import Client

T = TypeVar("T")


def ask(url: str, api_key: str | None, question: Callable[[Client], Awaitable[T]]) -> T:
    async def asking() -> T:
        async with Client(url, api_key) as client:
            return await question(client)

    return event_loop.run(asking())
