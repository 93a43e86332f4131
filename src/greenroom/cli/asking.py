"""Ask a server one thing."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

from greenroom.cli import event_loop
from greenroom.cli.client import Client
from greenroom.cli.server_choice import client_config, running_server

T = TypeVar("T")
Question: TypeAlias = Callable[[Client], Awaitable[T]]


def ask(url: str, api_key: str | None, question: Question[T]) -> T:
    async def asking() -> T:
        async with Client(url, api_key) as client:
            return await question(client)

    return event_loop.run(asking())


def ask_running(
    server: str | None, data_dir: Path | None, api_key: str | None, question: Question[T]
) -> T:
    """Of the server that these options of a command name."""
    url = running_server(server, config := client_config(data_dir, api_key))
    return ask(url, config.api_key, question)
