"""Assets by tags, name and metadata, and what their owner changes of them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.asset import Asset, Root
from greenroom.domain.asset_query import AssetQuery, AssetSort
from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonObject
from greenroom.store import assets as rows
from greenroom.store.columns import Expression
from greenroom.store.tables import assets

_NAME = func.coalesce(assets.c.file_path, assets.c.name)
_UPDATED = func.coalesce(assets.c.updated_at, assets.c.created_at)
_LOOKUP_BATCH = 200


def page(
    tx: Connection, tenant: TenantId, query: AssetQuery, now: Millis, sort: AssetSort,
    *, descending: bool, limit: int, offset: int,
) -> tuple[list[Asset], int]:  # fmt: skip
    """Some of the assets, and how many there are."""
    keys: list[Expression] = [_key(sort), assets.c.id]
    order = [key.desc() if descending else key.asc() for key in keys]
    chosen = select(assets.c.id).where(*_conditions(tenant, query, now)).order_by(*order)
    if query.metadata:
        ids = _with_metadata(tx, tenant, query, now, order)
        return _get(tx, tenant, ids[offset : offset + limit]), len(ids)
    some = list(tx.execute(chosen.limit(limit).offset(offset)).scalars())
    total = tx.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
    return _get(tx, tenant, some), total


def tag_counts(
    tx: Connection, tenant: TenantId, query: AssetQuery, now: Millis
) -> Mapping[str, int]:
    """Tag -> how many of the assets carry it."""
    conditions = _conditions(tenant, query, now)
    counts: Counter[str] = Counter()
    if query.metadata:
        found = _get(tx, tenant, _with_metadata(tx, tenant, query, now, [assets.c.id]))
        for asset in found:
            counts.update({*asset.tags, asset.root.value})
        return counts
    groups = (
        select(assets.c.root, assets.c.tags, func.count())
        .where(*conditions)
        .group_by(assets.c.root, assets.c.tags)
    )
    for root, tags, count in tx.execute(groups):
        for tag in {*json.loads(tags), root}:
            counts[tag] += count
    return counts


def change(tx: Connection, asset: Asset) -> None:
    """Store what an owner may change: name, type, tags, metadata, preview."""
    kept = ("file_path", "mime", "tags", "metadata", "preview_id", "updated_at")
    told = rows.values(asset)
    tx.execute(
        update(assets)
        .where(assets.c.id == asset.id, assets.c.tenant == asset.tenant)
        .values({name: told[name] for name in kept})
    )


def _conditions(tenant: TenantId, query: AssetQuery, now: Millis) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        assets.c.tenant == tenant,
        or_(assets.c.expires_at.is_(None), assets.c.expires_at > now),
        *(_has(tag) for tag in query.with_tags),
        *(~_has(tag) for tag in query.without_tags),
    ]
    if query.name:
        conditions.append(_NAME.icontains(query.name, autoescape=True))
    return conditions


def _has(tag: str) -> ColumnElement[bool]:
    """The tags are a JSON array of texts, so a quoted tag stands in it as a whole or not at all."""
    without = func.replace(assets.c.tags, json.dumps(tag), "")
    carried: ColumnElement[bool] = without != assets.c.tags
    return or_(carried, assets.c.root == tag) if tag in set(Root) else carried


def _with_metadata(
    tx: Connection, tenant: TenantId, query: AssetQuery, now: Millis, order: Sequence[Expression]
) -> list[str]:
    """The names narrow it down in the database; the values are compared here."""
    named = [
        func.replace(assets.c.metadata, json.dumps(name), "") != assets.c.metadata
        for name in query.metadata
    ]
    found = tx.execute(
        select(assets.c.id, assets.c.metadata)
        .where(*_conditions(tenant, query, now), *named)
        .order_by(*order)
    )
    wanted = query.metadata
    return [cast("str", asset_id) for asset_id, text in found if _agrees(json.loads(text), wanted)]


def _agrees(told: JsonObject, wanted: JsonObject) -> bool:
    return all(name in told and told[name] == value for name, value in wanted.items())


def _get(tx: Connection, tenant: TenantId, ids: list[str]) -> list[Asset]:
    return [
        asset
        for start in range(0, len(ids), _LOOKUP_BATCH)
        for asset in rows.get_many(tx, tenant, ids[start : start + _LOOKUP_BATCH])
    ]


def _key(sort: AssetSort) -> Expression:
    return {
        AssetSort.NAME: func.lower(_NAME),
        AssetSort.CREATED: assets.c.created_at,
        AssetSort.UPDATED: _UPDATED,
        AssetSort.SIZE: assets.c.size,
    }[sort]
