"""Named files: upload, find, read, and store what a run made."""

import asyncio
import mimetypes
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from sqlalchemy import Connection

from greenroom.assets import landing
from greenroom.assets.blobs import BlobStore, ByteStream, Stored
from greenroom.assets.tree import NamedTree
from greenroom.domain import ids
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, BlobHash, JobId, LeaseToken, TenantId
from greenroom.domain.job import Job
from greenroom.domain.json import JsonObject, compact
from greenroom.domain.principal import Principal
from greenroom.store import asset_records as records
from greenroom.store import asset_shares as shares
from greenroom.store import assets as asset_rows
from greenroom.store import folders, leases, outputs
from greenroom.store.database import Database

Landing: TypeAlias = landing.Landing

_COUNTED = re.compile(r"^(?P<stem>.*)_(?P<counter>\d{5,})(?P<tail>_?)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileName:
    """A name inside one of a tenant's roots, checked: nothing in it leaves the root."""

    root: Root
    subfolder: str
    name: str

    @classmethod
    def checked(cls, root: Root, subfolder: str, name: str) -> "FileName":
        """FORBIDDEN for a subfolder that leaves the root, BAD_REQUEST for an unusable name."""
        folder = PurePosixPath(subfolder.replace("\\", "/").strip("/"))
        if ".." in folder.parts or subfolder.startswith(("/", "\\")) or "\0" in subfolder:
            raise AppError(ErrorCode.FORBIDDEN, f"the folder {subfolder!r} is outside {root}")
        if not name or name in {".", ".."} or "/" in name or "\\" in name or "\0" in name:
            raise AppError(ErrorCode.BAD_REQUEST, f"{name!r} is not a file name")
        if len(name.encode()) > 255:
            raise AppError(ErrorCode.BAD_REQUEST, "the file name is longer than 255 bytes")
        return cls(root, "" if folder == PurePosixPath() else str(folder), name)


def file_name(text: str) -> FileName | None:
    """`sub/x.png [output]`, as a graph says it, as a name; None when it cannot be one."""
    root = Root.INPUT
    for candidate in Root:
        suffix = f"[{candidate.value}]"
        if text.endswith(suffix):
            root, text = candidate, text.removesuffix(suffix).rstrip()
    folder, _, name = text.replace("\\", "/").rpartition("/")
    try:
        return FileName.checked(root, folder, name)
    except AppError:
        return None


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that a node made: how it wants to be called, and where it lies on this machine."""

    name: FileName
    path: Path


class Assets:
    def __init__(self, database: Database, blobs: BlobStore, tree: NamedTree) -> None:
        self._db = database
        self._blobs = blobs
        self._tree = tree

    def land(self) -> Landing:
        """Room for the bytes of an upload, until it is known what they are."""
        return self._blobs.land()

    async def upload(
        self, principal: Principal, name: FileName, source: ByteStream, *, overwrite: bool
    ) -> Asset:
        """Store bytes under a name; a taken one with other bytes becomes `name (1).ext`, ..."""
        stored = await self._blobs.put_stream(source)

        def write(tx: Connection) -> Asset:
            wanted = self._asset(principal.tenant, name, stored)
            if overwrite:
                asset_rows.replace(tx, wanted)
                return wanted
            for candidate in _numbered(name.name):
                found = asset_rows.find(tx, principal.tenant, name.root, name.subfolder, candidate)
                if found is not None and found.blob == stored.hash:
                    return found
                named = self._asset(
                    principal.tenant, FileName(name.root, name.subfolder, candidate), stored
                )
                if found is None and asset_rows.add(tx, named):
                    return named
            raise AssertionError

        asset = await self._db.write(write)
        await self._tree.link(asset)
        return asset

    async def keep_output(
        self, job: Job, token: LeaseToken, node_id: str, files: Sequence[MadeFile],
        shown: Callable[[Sequence[Asset]], JsonObject], *, reuse: bool,
    ) -> JsonObject:  # fmt: skip
        """Keep what one node of a run made: its files, and the `ui` object that names them.

        `shown` makes that object from the files as they are kept: counted names (`a_00001_.png`)
        get the next free counter. LEASE_LOST when the job is another worker's by now. With `reuse`,
        a file with the same bytes in the same folder is taken instead: the engine answered from its
        cache.
        """
        stored = await asyncio.gather(*(self._blobs.take_file(file.path) for file in files))

        def write(tx: Connection) -> tuple[list[Asset], JsonObject]:
            if not leases.holds(tx, token, job.id):
                raise AppError(ErrorCode.LEASE_LOST, f"the job {job.id} was taken away")
            made = [
                self._keep_file(tx, job, node_id, file.name, one, reuse=reuse)
                for file, one in zip(files, stored, strict=True)
            ]
            ui = shown(made)
            outputs.append(tx, job.tenant, job.id, node_id, compact(ui).encode())
            return made, ui

        # The end of the run makes it durable; after a power cut before that, it is told anew.
        made, ui = await self._db.write_soon(write)
        await asyncio.gather(*map(self._tree.link, made))
        return ui

    def _keep_file(
        self, tx: Connection, job: Job, node_id: str, name: FileName, stored: Stored, *, reuse: bool
    ) -> Asset:
        known = _known(tx, job, name, stored) if reuse else None
        if known is not None:
            return known
        for candidate in _free_names(tx, job.tenant, name):
            asset = self._asset(
                job.tenant, FileName(name.root, name.subfolder, candidate), stored,
                job_id=job.id, node_id=node_id,
            )  # fmt: skip
            if asset_rows.add(tx, asset):
                return asset
        raise AssertionError

    async def discard_outputs(self, job: Job, token: LeaseToken) -> None:
        """Drop what an earlier attempt at the job left, before the next one begins. LEASE_LOST."""

        def write(tx: Connection) -> list[Asset]:
            if not leases.holds(tx, token, job.id):
                raise AppError(ErrorCode.LEASE_LOST, f"the job {job.id} was taken away")
            return _drop_own(tx, job.tenant, job.id)

        for asset in await self._db.write(write):
            await self._tree.unlink(asset)

    async def find(self, principal: Principal, name: FileName) -> Asset | None:
        return await self._db.read(
            lambda tx: asset_rows.find(tx, principal.tenant, name.root, name.subfolder, name.name)
        )

    async def find_bytes(self, principal: Principal, blob: BlobHash) -> Asset | None:
        """The first file with these bytes that the caller may see, whatever its name."""
        return await self._db.read(lambda tx: asset_rows.with_blob(tx, principal.tenant, blob))

    async def existing(
        self, principal: Principal, names: Iterable[FileName]
    ) -> frozenset[FileName]:
        """Those of `names` that are there."""
        wanted = [(name.root, name.subfolder, name.name) for name in names]
        if not wanted:
            return frozenset()
        found = await self._db.read(lambda tx: asset_rows.existing(tx, principal.tenant, wanted))
        return frozenset(FileName(*entry) for entry in found)

    async def names(self, principal: Principal, root: Root) -> list[str]:
        """Every file of a root as `subfolder/name`, sorted."""
        return await self._db.read(lambda tx: asset_rows.names(tx, principal.tenant, root))

    async def inputs_mark(self, principal: Principal) -> str:
        """Another text whenever the names at the top of the input folder have changed."""
        return await self._db.read(lambda tx: folders.mark(tx, principal.tenant))

    async def inputs(self, principal: Principal) -> folders.Inputs:
        """The names at the top of the input folder."""
        return await self._db.read(lambda tx: folders.inputs(tx, principal.tenant))

    async def folder_exists(self, principal: Principal, root: Root, folder: str) -> bool:
        """Whether anything lies in a folder or below it."""
        return await self._db.read(
            lambda tx: asset_rows.folder_exists(tx, principal.tenant, root, folder)
        )

    async def of_job(self, principal: Principal, job_id: JobId) -> list[Asset]:
        """What the job made, the first one first."""
        return await self._db.read(lambda tx: asset_rows.of_job(tx, principal.tenant, job_id))

    async def get_many(self, principal: Principal, asset_ids: Sequence[AssetId]) -> list[Asset]:
        """Those that exist, in the given order."""
        return await self._db.read(lambda tx: asset_rows.get_many(tx, principal.tenant, asset_ids))

    async def delete(self, principal: Principal, asset_ids: Sequence[AssetId]) -> list[AssetId]:
        """Delete files; gives those that were there. Equal bytes under other names stay."""

        def write(tx: Connection) -> list[Asset]:
            found = asset_rows.get_many(tx, principal.tenant, asset_ids)
            asset_rows.delete(tx, principal.tenant, [asset.id for asset in found])
            return found

        gone = await self._db.write(write)
        for asset in gone:
            await self._tree.unlink(asset)
        return [asset.id for asset in gone]

    async def delete_made(self, principal: Principal, job_id: JobId) -> None:
        """Delete what the job made, but for the files that another job shows too."""
        for asset in await self._db.write(lambda tx: _drop_own(tx, principal.tenant, job_id)):
            await self._tree.unlink(asset)

    async def delete_free(self, principal: Principal, job_id: JobId) -> None:
        """Likewise. IN_USE, and nothing deleted, when a job that goes on needs one of them."""

        def write(tx: Connection) -> list[Asset]:
            own = shares.pass_on(tx, principal.tenant, job_id)
            if any(records.is_needed(tx, asset.id) for asset in own):
                raise AppError(ErrorCode.IN_USE, "A job that has not ended still needs a file.")
            asset_rows.delete(tx, principal.tenant, [asset.id for asset in own])
            return own

        for asset in await self._db.write(write):
            await self._tree.unlink(asset)

    async def of_root(self, principal: Principal, root: Root) -> list[Asset]:
        """Every file of a root, by folder and name."""
        return await self._db.read(lambda tx: asset_rows.of_root(tx, principal.tenant, root))

    async def untracked(self, principal: Principal, root: Root) -> dict[str, Path]:
        """Files that somebody put into the folder of a root: `subfolder/name` -> path."""
        known = set(await self.names(principal, root))
        visible = await self._tree.files(principal.tenant, root)
        return {name: path for name, path in visible.items() if name not in known}

    async def register(self, principal: Principal, name: FileName, path: Path) -> Asset | None:
        """Take over a file that lies under its name already; None when the name is taken."""
        stored = await self._blobs.put_file(path)
        asset = self._asset(principal.tenant, name, stored)
        added = await self._db.write(lambda tx: asset_rows.add(tx, asset))
        return asset if added else None

    async def in_folder(self, principal: Principal, root: Root, folder: str) -> list[Asset]:
        """Everything in a folder and below it, by name."""
        return await self._db.read(
            lambda tx: asset_rows.in_folder(tx, principal.tenant, root, folder)
        )

    async def delete_folder(self, principal: Principal, root: Root, folder: str) -> list[AssetId]:
        """Delete what lies in one folder directly below a root, and the folder itself."""
        FileName.checked(root, "", folder)
        found = await self.in_folder(principal, root, folder)
        deleted = await self.delete(principal, [asset.id for asset in found])
        await self._tree.remove_folder(principal.tenant, root, folder)
        return deleted

    async def delete_folder_of(self, principal: Principal, job_id: JobId, folder: str) -> None:
        """Delete the folder of a job's outputs, but for what other jobs show too."""
        await self.delete_made(principal, job_id)
        left = await self.in_folder(principal, Root.OUTPUT, folder)
        if all(asset.job_id is None for asset in left):
            await self.delete_folder(principal, Root.OUTPUT, folder)

    def local_path(self, asset: Asset) -> Path:
        """Where the bytes lie on this machine's disk."""
        return self._blobs.local_path(asset.blob)

    async def read(self, asset: Asset) -> bytes:
        """All bytes of a small asset."""
        return await asyncio.to_thread(self.local_path(asset).read_bytes)

    def visible_path(self, asset: Asset) -> Path:
        """The ordinary file, under its real name, that a person finds in the data folder."""
        return self._tree.path(asset)

    def _asset(
        self, tenant: TenantId, name: FileName, stored: Stored,
        *, job_id: JobId | None = None, node_id: str | None = None,
    ) -> Asset:  # fmt: skip
        return Asset(
            id=ids.new_asset_id(),
            tenant=tenant,
            root=name.root,
            subfolder=name.subfolder,
            name=name.name,
            blob=stored.hash,
            size=stored.size,
            mime=mimetypes.guess_type(name.name)[0] or "application/octet-stream",
            created_at=self._db.clock.now(),
            job_id=job_id,
            node_id=node_id,
            extent=stored.extent,
        )


def _known(tx: Connection, job: Job, name: FileName, stored: Stored) -> Asset | None:
    """An earlier file with the same bytes, which the job shows as well from now on."""
    known = asset_rows.find_same(tx, job.tenant, name.root, name.subfolder, stored.hash)
    if known is not None and known.job_id != job.id:
        shares.add(tx, job.tenant, known.id, job.id)
    return known


def _drop_own(tx: Connection, tenant: TenantId, job_id: JobId) -> list[Asset]:
    own = shares.pass_on(tx, tenant, job_id)
    asset_rows.delete(tx, tenant, [asset.id for asset in own])
    return own


def _numbered(name: str) -> Iterable[str]:
    path = PurePosixPath(name)
    yield name
    for number in range(1, 1_000_000):
        yield f"{path.stem} ({number}){path.suffix}"


def _free_names(tx: Connection, tenant: TenantId, name: FileName) -> Iterable[str]:
    path = PurePosixPath(name.name)
    counted = _COUNTED.match(path.stem)
    if counted is None:
        yield from _numbered(name.name)
        return
    stem, tail = counted["stem"], counted["tail"]
    free = asset_rows.next_counter(tx, tenant, name.root, name.subfolder, stem)
    # Files of one batch may differ in more than their counters, which go on all the same.
    first = max(free, int(counted["counter"]))
    for counter in range(first, first + 1_000_000):
        yield f"{stem}_{counter:05}{tail}{path.suffix}"
