"""The secret of a data folder, and whether it is the one that its database is used with."""

import asyncio
from pathlib import Path

from greenroom.data_folder import DataFolder
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.secret_identity import Renewed, SecretIdentity, fingerprint
from greenroom.store.database import Database

_LOST = (
    "stop every server that uses the database, run `greenroom secret renew` with this folder and "
    "this database, and copy the new file to the others."
)


async def server_secret(folder: DataFolder, database: Database) -> bytes:
    """The folder's secret, made on first use. STORAGE_UNAVAILABLE unless the database knows it."""
    identity = SecretIdentity(database)
    known, found = await identity.known(), await asyncio.to_thread(folder.secret)
    if found is None and known is None:
        found = await asyncio.to_thread(folder.prepare_secret)
        await asyncio.to_thread(folder.adopt_secret)
    elif not _fits(found, known):
        found = await _renewed_before(folder, known)
    if found is None or not await identity.claim(found):
        raise AppError(ErrorCode.STORAGE_UNAVAILABLE, " ".join(trouble(folder.secret_file, found)))
    return found


async def renew(folder: DataFolder, database: Database) -> Renewed:
    """Give the folder and the database another secret; what the old one opens is sealed anew."""
    old = await asyncio.to_thread(folder.secret)
    new = await asyncio.to_thread(folder.prepare_secret)
    renewed = await SecretIdentity(database).renew(old, new)
    await asyncio.to_thread(folder.adopt_secret)
    return renewed


def trouble(path: Path, found: bytes | None) -> tuple[str, str]:
    """What is wrong when the secret is not the one that the database is used with; the way out.

    `found`: what the file holds, None when there is none.
    """
    lost = f"When it is lost: {_LOST}"
    there = "the data folder of another server with this database."
    if found is None:
        told = f"{path} is missing, and the database was used with one."
        return told, f"Copy it from a backup or from {there} {lost}"
    told = (
        f"{path} is not the one that the database is used with: stored secrets could not be "
        "read, and links that other servers signed would not open."
    )
    return told, f"Copy secret.key from {there} {lost}"


def _fits(secret: bytes | None, known: str | None) -> bool:
    return secret is not None and known in {None, fingerprint(secret)}


async def _renewed_before(folder: DataFolder, known: str | None) -> bytes | None:
    """Finish a renewal that was cut off after the database knew of it; else what there is."""
    prepared = await asyncio.to_thread(folder.next_secret)
    if prepared is not None and known == fingerprint(prepared):
        await asyncio.to_thread(folder.adopt_secret)
    return await asyncio.to_thread(folder.secret)
