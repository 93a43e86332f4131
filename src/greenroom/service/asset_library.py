"""The owner's library of assets: find them, count their tags, change what is said of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from greenroom.domain.asset import Asset
from greenroom.domain.asset_query import AssetQuery, AssetSort, all_tags
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId
from greenroom.domain.json import JsonObject
from greenroom.domain.principal import Principal
from greenroom.store import asset_library as library
from greenroom.store import asset_records as rows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class AssetPage:
    assets: list[Asset]
    total: int
    """How many there are on all pages."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an owner says anew; None leaves it as it is."""

    name: str | None = None
    mime: str | None = None
    tags: tuple[str, ...] | None = None
    metadata: JsonObject | None = None
    preview: AssetId | None = None


@dataclass(frozen=True, slots=True)
class Retagged:
    """What came of adding or removing tags."""

    asset: Asset
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    """Those that were there already or, when removing, were not."""


class AssetLibrary:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def page(
        self, principal: Principal, query: AssetQuery, sort: AssetSort,
        *, descending: bool, limit: int, offset: int,
    ) -> AssetPage:  # fmt: skip
        now = self._db.clock.now()
        found, total = await self._db.read(
            lambda tx: library.page(
                tx, principal.tenant, query, now, sort,
                descending=descending, limit=limit, offset=offset,
            )
        )  # fmt: skip
        return AssetPage(found, total)

    async def tag_counts(self, principal: Principal, query: AssetQuery) -> Mapping[str, int]:
        """Tag -> how many of the assets carry it."""
        now = self._db.clock.now()
        return await self._db.read(lambda tx: library.tag_counts(tx, principal.tenant, query, now))

    async def change(self, principal: Principal, asset_id: AssetId, change: Change) -> Asset:
        """NOT_FOUND; BAD_REQUEST for a preview that is not one of the caller's assets."""

        def changed(tx: Connection, asset: Asset) -> Asset:
            if change.preview is not None:
                self._require_own(tx, principal, change.preview)
            return replace(
                asset,
                file_path=asset.file_path if change.name is None else change.name,
                mime=change.mime or asset.mime,
                tags=asset.tags if change.tags is None else change.tags,
                metadata=asset.metadata if change.metadata is None else change.metadata,
                preview_id=change.preview or asset.preview_id,
            )

        return await self._rewrite(principal, asset_id, changed)

    async def add_tags(
        self, principal: Principal, asset_id: AssetId, tags: Sequence[str]
    ) -> Retagged:
        """NOT_FOUND."""
        wanted = tuple(dict.fromkeys(tags))
        known: tuple[str, ...] = ()

        def added(_tx: Connection, asset: Asset) -> Asset:
            nonlocal known
            known = all_tags(asset)
            return replace(asset, tags=(*asset.tags, *(tag for tag in wanted if tag not in known)))

        asset = await self._rewrite(principal, asset_id, added)
        return _retagged(asset, wanted, lambda tag: tag not in known)

    async def remove_tags(
        self, principal: Principal, asset_id: AssetId, tags: Sequence[str]
    ) -> Retagged:
        """NOT_FOUND. The name of the root stays a tag in any case."""
        wanted = tuple(dict.fromkeys(tags))
        known: tuple[str, ...] = ()

        def without(_tx: Connection, asset: Asset) -> Asset:
            nonlocal known
            known = asset.tags
            return replace(asset, tags=tuple(tag for tag in asset.tags if tag not in wanted))

        asset = await self._rewrite(principal, asset_id, without)
        return _retagged(asset, wanted, lambda tag: tag in known)

    async def _rewrite(
        self, principal: Principal, asset_id: AssetId, changed: Callable[[Connection, Asset], Asset]
    ) -> Asset:
        now = self._db.clock.now()

        def write(tx: Connection) -> Asset:
            found = rows.get(tx, principal.tenant, asset_id, now)
            if found is None:
                raise AppError(ErrorCode.NOT_FOUND, "There is no such asset.")
            new = replace(changed(tx, found), updated_at=now)
            library.change(tx, new)
            return new

        return await self._db.write(write)

    def _require_own(self, tx: Connection, principal: Principal, asset_id: AssetId) -> None:
        if rows.get(tx, principal.tenant, asset_id, self._db.clock.now()) is None:
            raise AppError(ErrorCode.BAD_REQUEST, "The preview is not one of your assets.")


def _retagged(asset: Asset, wanted: tuple[str, ...], changes: Callable[[str], bool]) -> Retagged:
    changed = tuple(tag for tag in wanted if changes(tag))
    return Retagged(asset, changed, tuple(tag for tag in wanted if tag not in changed))
