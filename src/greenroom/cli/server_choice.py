"""Which server a command talks to: the one that is named, the folder's own, or one in process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from greenroom.cli import heap
from greenroom.cli.client import Client
from greenroom.config import Config
from greenroom.data_folder import DataFolder
from greenroom.domain.errors import AppError, ErrorCode


@dataclass(frozen=True, slots=True)
class Reached:
    client: Client
    in_process: bool
    """The server is this process and ends with it."""


def running_server(server: str | None, config: Config) -> str:
    """The URL that was given, or that of the data folder's server; UNAVAILABLE without any."""
    url = server or DataFolder(config.data_folder).server_url()
    if url is None:
        raise AppError(
            ErrorCode.UNAVAILABLE,
            f"No server runs on {config.data_folder}. "
            "Start one with `greenroom serve`, or name another with --server.",
        )
    return url


@contextlib.asynccontextmanager
async def reach(server: str | None, config: Config) -> AsyncIterator[Reached]:
    """A client of a server that takes jobs; one is started in this process when none runs."""
    url = server or await asyncio.to_thread(DataFolder(config.data_folder).server_url)
    if url is not None:
        async with Client(url, config.api_key) as client:
            await client.until_workers_are_up()
            yield Reached(client, in_process=False)
        return
    async with own_server(config) as client:
        yield Reached(client, in_process=True)


@contextlib.asynccontextmanager
async def own_server(config: Config) -> AsyncIterator[Client]:
    """A server inside this process, on a free port of the loopback address."""
    heap.grow()
    from greenroom.bootstrap import serving  # noqa: PLC0415 - slow to load, and rarely needed

    private = replace(config, host="127.0.0.1", port=0)
    async with (
        serving(private) as running,
        # Who may open the folder needs no key of it.
        Client(running.url, running.services.keys.lend()) as client,
    ):
        await client.until_workers_are_up()
        heap.settle()
        yield client


def client_config(data_dir: Path | None, api_key: str | None) -> Config:
    """The settings of a command that is a client."""
    return Config.from_environment(data_dir=data_dir, api_key=api_key)
