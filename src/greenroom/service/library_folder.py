"""Bring the library up to date with a folder of workflows, at once."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.service.workflow_folder import find_workflows, id_below, load_workflow
from greenroom.service.workflow_source import read_source
from greenroom.service.workflows import Workflows


@dataclass(frozen=True, slots=True)
class Synced:
    checked: int
    """Workflows that were found in the folder."""
    updated: int
    """Those of them that became a new version."""
    refused: tuple[str, ...]
    """`name: reason` of those that cannot be used."""


async def sync(library: Workflows, folder: Path | None, principal: Principal) -> Synced:
    """Publish what is new or changed. NOT_FOUND when there is no such folder."""
    if folder is None:
        raise AppError(ErrorCode.NOT_FOUND, "No folder of workflows is set: see --workflows-dir.")
    try:
        found = await asyncio.to_thread(lambda: list(find_workflows(folder)))
    except OSError as error:
        raise AppError(ErrorCode.NOT_FOUND, f"Cannot read {folder}: {error.strerror}.") from error
    updated, refused = 0, []
    for path in found:
        try:
            updated += await _publish(library, folder, path, principal)
        except AppError as error:
            refused.append(f"{path.name}: {error.message}")
    return Synced(len(found), updated, tuple(refused))


async def _publish(library: Workflows, folder: Path, path: Path, principal: Principal) -> bool:
    source = await asyncio.to_thread(load_workflow, path)
    wanted = await asyncio.to_thread(id_below, folder, path)
    draft = await asyncio.to_thread(read_source, source, workflow_id=wanted)
    return (await library.publish(principal, draft)).created
