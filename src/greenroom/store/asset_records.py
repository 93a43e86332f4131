"""What the owner of assets asks for by id and by hash, and what retention takes away."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, not_, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.asset import Asset, Root
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, BlobHash, TenantId
from greenroom.store import assets as rows
from greenroom.store import dialect
from greenroom.store.job_inputs import needed
from greenroom.store.tables import assets

_FEW = 50


def get(tx: Connection, tenant: TenantId, asset_id: AssetId, now: Millis) -> Asset | None:
    """The asset, unless its time is over."""
    found = rows.get_many(tx, tenant, [asset_id])
    if not found or (found[0].expires_at is not None and found[0].expires_at <= now):
        return None
    return found[0]


def is_taken(tx: Connection, asset_id: AssetId) -> bool:
    """Whether an asset has the id, whoever's it is."""
    return tx.execute(select(assets.c.id).where(assets.c.id == asset_id)).first() is not None


def with_hash(tx: Connection, tenant: TenantId, blob: BlobHash, now: Millis) -> list[Asset]:
    """The tenant's assets with these bytes, the oldest first, a few of them."""
    query = (
        select(assets.c.id)
        .where(assets.c.blob == blob, assets.c.tenant == tenant, _kept(now))
        .order_by(assets.c.created_at, assets.c.id)
        .limit(_FEW)
    )
    return rows.get_many(tx, tenant, list(tx.execute(query).scalars()))


def one_at_a_time(tx: Connection, blob: BlobHash) -> None:
    """Wait until nobody else, who may look for the same bytes, has an open transaction on them."""
    dialect.one_at_a_time(tx, int(blob[:15], 16))


def keep_until(tx: Connection, asset_id: AssetId, until: Millis | None) -> None:
    """Set when the asset may be forgotten; None for never."""
    tx.execute(update(assets).where(assets.c.id == asset_id).values(expires_at=until))


def is_needed(tx: Connection, asset_id: AssetId) -> bool:
    """Whether a job that has not ended reads it or made it."""
    return (
        tx.execute(select(assets.c.id).where(assets.c.id == asset_id, needed())).first() is not None
    )


def expired(tx: Connection, now: Millis, limit: int) -> list[Asset]:
    """Assets whose time is over and that no job needs."""
    return _chosen(tx, assets.c.expires_at <= now, limit)


def older(tx: Connection, root: Root, before: Millis, limit: int) -> list[Asset]:
    """The oldest assets of a root from before then that no job needs."""
    return _chosen(tx, (assets.c.root == root.value) & (assets.c.created_at < before), limit)


def stored_bytes(tx: Connection, root: Root) -> int:
    """How much the bytes of a root take, each counted once."""
    each = select(assets.c.blob, assets.c.size).where(assets.c.root == root.value).distinct()
    counted = each.subquery()
    return int(tx.execute(select(func.coalesce(func.sum(counted.c.size), 0))).scalar_one())


def used_blobs(tx: Connection, blobs: Sequence[BlobHash]) -> set[BlobHash]:
    """Those of the hashes that some asset of some tenant has."""
    query = select(assets.c.blob).where(assets.c.blob.in_(blobs)).distinct()
    return {BlobHash(blob) for blob in tx.execute(query).scalars()}


def forget(tx: Connection, chosen: Iterable[Asset]) -> list[Asset]:
    """Delete the records; gives those that nobody else has deleted meanwhile."""
    return [asset for asset in chosen if rows.delete(tx, asset.tenant, [asset.id])]


def _kept(now: Millis) -> ColumnElement[bool]:
    return or_(assets.c.expires_at.is_(None), assets.c.expires_at > now)


def _chosen(tx: Connection, condition: ColumnElement[bool], limit: int) -> list[Asset]:
    query = (
        select(assets.c.id, assets.c.tenant)
        .where(condition, not_(needed()))
        .order_by(assets.c.created_at, assets.c.id)
        .limit(limit)
    )
    return [
        asset
        for asset_id, tenant in tx.execute(query)
        for asset in rows.get_many(tx, TenantId(tenant), [asset_id])
    ]
