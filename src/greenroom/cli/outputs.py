"""Write the files that a finished job made."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from greenroom.cli.client import Client
from greenroom.cli.wire import JobEntry
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.output import file_of, is_file


async def write_outputs(client: Client, job: JobEntry, folder: Path) -> list[Path]:
    """Every file of the job, under its own name; a name that is taken gets a number.

    STORAGE_UNAVAILABLE when the folder cannot be written to.
    """
    written = []
    try:
        for item in _files(job):
            target = await asyncio.to_thread(_prepare, folder, item)
            await client.download(item, target)
            written.append(target)
    except OSError as error:
        message = f"Cannot write to {folder}: {error.strerror}."
        raise AppError(ErrorCode.STORAGE_UNAVAILABLE, message) from error
    return written


def _files(job: JobEntry) -> Iterator[JsonObject]:
    for node in (job.outputs or {}).values():
        for values in node.values() if isinstance(node, Mapping) else ():
            if isinstance(values, str) or not isinstance(values, Sequence):
                continue
            items = (file_of(value) for value in values)
            yield from (item for item in items if item is not None and is_file(item))


def _prepare(folder: Path, item: JsonObject) -> Path:
    """A free path inside `folder`: what a server says must not lead out of it."""
    named = PurePosixPath(str(item.get("subfolder") or ""), str(item["filename"]))
    parts = [part for part in named.parts if part not in {"/", ".."}]
    if not parts:
        raise AppError(ErrorCode.BAD_REQUEST, f"{named} is no name for an output file.")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    free = target
    while free.exists():
        number += 1
        free = target.with_stem(f"{target.stem} ({number})")
    return free
