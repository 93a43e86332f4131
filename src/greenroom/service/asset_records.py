"""Assets as their owner knows them: by id, over bytes that many records may share."""

import mimetypes
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sqlalchemy import Connection

from greenroom.assets.blobs import BlobStore, ByteStream, Stored
from greenroom.assets.tree import NamedTree
from greenroom.domain import ids
from greenroom.domain.asset import Asset, Root
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, BlobHash
from greenroom.domain.json import JsonObject
from greenroom.domain.principal import Principal
from greenroom.service.assets import FileName
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.store import asset_records as rows
from greenroom.store import assets as asset_rows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class Wish:
    """What the owner says of an asset."""

    file_path: str
    """With forward slashes, below the input folder."""
    mime: str | None = None
    tags: tuple[str, ...] = ()
    lifetime_ms: int | None = None
    """None keeps it until somebody deletes it."""
    metadata: JsonObject = field(default_factory=dict)
    preview_id: AssetId | None = None

    def checked_name(self) -> FileName:
        """BAD_REQUEST for a path that cannot be one, FORBIDDEN when it leaves the folder."""
        folder, _, name = self.file_path.replace("\\", "/").rpartition("/")
        return FileName.checked(Root.INPUT, folder, name)


@dataclass(frozen=True, slots=True)
class Minted:
    asset: Asset
    created: bool
    """False when the bytes, or the whole record, were the owner's already."""


class AssetRecords:
    def __init__(
        self, database: Database, blobs: BlobStore, tree: NamedTree, keys: IdempotencyKeys
    ) -> None:
        self._db = database
        self._blobs = blobs
        self._tree = tree
        self._keys = keys

    async def upload(
        self,
        principal: Principal,
        wish: Wish,
        source: ByteStream,
        *,
        expected: BlobHash | None = None,
        key: str | None = None,
    ) -> Minted:
        """A new asset over the bytes. HASH_MISMATCH, KEY_REUSED: then nothing is kept."""
        name = wish.checked_name()
        # Of several with one key, only the first may store its bytes.
        async with self._keys.held(principal, key):
            stored = await self._blobs.put_stream(source, expected)
            minted = await self._mint(principal, wish, name, stored)
        await self._tree.link(minted.asset)
        return minted

    async def _mint(
        self, principal: Principal, wish: Wish, name: FileName, stored: Stored
    ) -> Minted:
        now = self._db.clock.now()

        def write(tx: Connection) -> Minted:
            known = rows.with_hash(tx, principal.tenant, stored.hash, now)
            return Minted(self._add(tx, principal, wish, name, stored), created=not known)

        return await self._db.write(write)

    async def adopt(
        self, principal: Principal, wish: Wish, source: ByteStream, asset_id: AssetId | None = None
    ) -> Minted:
        """The caller's asset over the bytes; where there is one it is given as it is, for good.

        With an `asset_id`, the asset that has it, whatever its bytes; else the new one gets it.
        BAD_REQUEST when it cannot.
        """
        name = wish.checked_name()
        now = self._db.clock.now()
        if asset_id is not None:
            known = await self._db.read(lambda tx: rows.get(tx, principal.tenant, asset_id, now))
            if known is not None:
                return Minted(known, created=False)
        stored = await self._blobs.put_stream(source)

        def write(tx: Connection) -> Minted:
            if asset_id is not None and rows.is_taken(tx, asset_id):
                raise AppError(ErrorCode.BAD_REQUEST, "This id cannot be used; choose another.")
            known = rows.with_hash(tx, principal.tenant, stored.hash, now)
            if known and asset_id is None:
                same = next((one for one in known if file_path(one) == wish.file_path), known[0])
                rows.keep_until(tx, same.id, None)
                return Minted(replace(same, expires_at=None), created=False)
            return Minted(self._add(tx, principal, wish, name, stored, asset_id), created=True)

        minted = await self._db.write(write)
        if minted.created:
            await self._tree.link(minted.asset)
        return minted

    async def hold(
        self, principal: Principal, folder: str, suffix: str, source: ByteStream, lifetime_ms: int
    ) -> Asset:
        """The bytes as a file in `folder` that their hash names; one that is there lives on."""
        stored = await self._blobs.put_stream(source)
        name = FileName.checked(Root.INPUT, folder, f"{stored.hash[:24]}{suffix}")
        wish = Wish(f"{folder}/{name.name}", lifetime_ms=lifetime_ms)

        def write(tx: Connection) -> Minted:
            rows.one_at_a_time(tx, stored.hash)
            known = asset_rows.find(tx, principal.tenant, name.root, folder, name.name)
            if known is None or known.blob != stored.hash:
                added = self._add(tx, principal, wish, name, stored)
                return Minted(added, created=True)
            until = _later(known.expires_at, self._deadline(lifetime_ms))
            rows.keep_until(tx, known.id, until)
            return Minted(replace(known, expires_at=until), created=False)

        minted = await self._db.write(write)
        if minted.created:
            await self._tree.link(minted.asset)
        return minted.asset

    async def from_hash(
        self, principal: Principal, blob: BlobHash, wish: Wish | None, lifetime_ms: int | None
    ) -> Minted:
        """An asset over bytes that the caller has; an equal record is given as it is.

        NOT_FOUND also when the bytes are somebody else's. An equal record is kept longer when that
        was asked for, never shorter.
        """
        now = self._db.clock.now()
        if wish is not None:
            wish.checked_name()

        def write(tx: Connection) -> Minted:
            known = rows.with_hash(tx, principal.tenant, blob, now)
            if not known:
                raise AppError(ErrorCode.NOT_FOUND, "You have no such bytes.", {"hash": blob})
            asked = wish or Wish(_path_of(known[0]), known[0].mime, known[0].tags)
            asked = replace(asked, lifetime_ms=lifetime_ms, mime=asked.mime or known[0].mime)
            same = next((one for one in known if _is_same(one, asked)), None)
            if same is not None:
                until = _later(same.expires_at, self._deadline(lifetime_ms))
                rows.keep_until(tx, same.id, until)
                return Minted(replace(same, expires_at=until), created=False)
            stored = Stored(blob, known[0].size, known[0].extent)
            added = self._add(tx, principal, asked, asked.checked_name(), stored)
            return Minted(added, created=True)

        minted = await self._db.write(write)
        if minted.created:
            await self._tree.link(minted.asset)
        return minted

    async def has_bytes(self, principal: Principal, blob: BlobHash) -> bool:
        """Whether from_hash would find them."""
        now = self._db.clock.now()
        return bool(await self._db.read(lambda tx: rows.with_hash(tx, principal.tenant, blob, now)))

    async def get(self, principal: Principal, asset_id: AssetId) -> Asset:
        """NOT_FOUND when it is unknown, somebody else's, or expired."""
        now = self._db.clock.now()
        found = await self._db.read(lambda tx: rows.get(tx, principal.tenant, asset_id, now))
        if found is None:
            raise _unknown()
        return found

    async def delete(self, principal: Principal, asset_id: AssetId) -> None:
        """Forget the record; others over the same bytes stay. NOT_FOUND, IN_USE."""
        now = self._db.clock.now()

        def write(tx: Connection) -> Asset:
            found = rows.get(tx, principal.tenant, asset_id, now)
            if found is None:
                raise _unknown()
            if rows.is_needed(tx, asset_id):
                raise AppError(ErrorCode.IN_USE, "This asset is still needed.")
            asset_rows.delete(tx, principal.tenant, [asset_id])
            return found

        await self._tree.unlink(await self._db.write(write))

    def _add(  # noqa: PLR0917 - a transaction, and what goes into the one row
        self,
        tx: Connection,
        principal: Principal,
        wish: Wish,
        name: FileName,
        stored: Stored,
        asset_id: AssetId | None = None,
    ) -> Asset:
        asset = Asset(
            id=asset_id or ids.new_asset_id(),
            tenant=principal.tenant,
            root=name.root,
            subfolder=name.subfolder,
            name=name.name,
            blob=stored.hash,
            size=stored.size,
            mime=wish.mime or mimetypes.guess_type(name.name)[0] or "application/octet-stream",
            created_at=self._db.clock.now(),
            tags=wish.tags,
            expires_at=self._deadline(wish.lifetime_ms),
            metadata=wish.metadata,
            preview_id=wish.preview_id,
            extent=stored.extent,
        )
        if not asset_rows.add(tx, asset):
            # The name is taken: the owner still sees the path that was asked for.
            asset = replace(asset, name=_own_name(asset), file_path=_path_of(asset))
            asset_rows.add(tx, asset)
        return asset

    def _deadline(self, lifetime_ms: int | None) -> Millis | None:
        return None if lifetime_ms is None else Millis(self._db.clock.now() + lifetime_ms)


def file_path(asset: Asset) -> str:
    """What the owner called the asset."""
    return asset.file_path or _path_of(asset)


def _path_of(asset: Asset) -> str:
    return f"{asset.subfolder}/{asset.name}" if asset.subfolder else asset.name


def _own_name(asset: Asset) -> str:
    """A name that no other asset has: `photo-1f09ab12.png`."""
    path = PurePosixPath(asset.name)
    return f"{path.stem[:200]}-{asset.id[:8]}{path.suffix}"


def _is_same(asset: Asset, wish: Wish) -> bool:
    return (
        asset.root is Root.INPUT and file_path(asset) == wish.file_path and asset.tags == wish.tags
    )


def _later(one: Millis | None, other: Millis | None) -> Millis | None:
    return None if one is None or other is None else max(one, other)


def _unknown() -> AppError:
    return AppError(ErrorCode.NOT_FOUND, "There is no such asset.")
