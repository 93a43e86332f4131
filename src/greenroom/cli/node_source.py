"""The node classes that a command converts and checks with, and where they come from."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from greenroom.cli.client import Client
from greenroom.config import Config
from greenroom.data_folder import DataFolder
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.object_info import ObjectInfo

ObjectInfoFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--object-info",
        metavar="FILE",
        help="ComfyUI's /object_info as a file, instead of a server's.",
    ),
]


@dataclass(frozen=True, slots=True)
class KnownNodes:
    object_info: ObjectInfo
    origin: str
    """For people: where the classes come from."""


async def known_nodes(file: Path | None, server: str | None, config: Config) -> KnownNodes:
    """From the file, the server, the data folder's server, or else the built-in nodes."""
    if file is not None:
        return KnownNodes(await asyncio.to_thread(_read, file), str(file))
    url = server or await asyncio.to_thread(DataFolder(config.data_folder).server_url)
    if url is not None:
        async with Client(url, config.api_key) as client:
            return KnownNodes(ObjectInfo(await client.object_info()), url)
    from greenroom.engine.cpu.catalogue import object_info  # noqa: PLC0415 - seldom needed

    return KnownNodes(ObjectInfo(object_info()), "the built-in nodes")


def _read(file: Path) -> ObjectInfo:
    try:
        value = json.loads(file.read_bytes())
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise AppError(ErrorCode.BAD_REQUEST, message) from error
    except ValueError as error:
        raise AppError(ErrorCode.BAD_REQUEST, f"{file} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise AppError(ErrorCode.BAD_REQUEST, f"{file} holds no node classes.")
    return ObjectInfo(value)
