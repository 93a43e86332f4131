"""Asset records: names over content hashes."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select, tuple_
from sqlalchemy import delete as delete_from

from greenroom.domain.asset import Asset, Extent, Root
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, BlobHash, JobId, TenantId
from greenroom.store import folders
from greenroom.store.columns import NAME
from greenroom.store.dialect import insert, of
from greenroom.store.statement import Statement, Value
from greenroom.store.tables import assets

_COUNTED = re.compile(r"(?P<stem>.*)_(?P<counter>[0-9]{1,18})_?(?:\.[^.]*)?", re.DOTALL)
"""`stem_00001_.png`, as ComfyUI numbers its files."""

_ASSET_COLUMNS = (
    assets.c.id,
    assets.c.tenant,
    assets.c.root,
    assets.c.subfolder,
    assets.c.name,
    assets.c.blob,
    assets.c.size,
    assets.c.mime,
    assets.c.created_at,
    assets.c.job_id,
    assets.c.node_id,
    assets.c.file_path,
    assets.c.tags,
    assets.c.expires_at,
    assets.c.metadata,
    assets.c.preview_id,
    assets.c.updated_at,
    assets.c.width,
    assets.c.height,
    assets.c.duration_ms,
)
_NAME_KEY = ("tenant", "root", "subfolder", "name")
_LOOKUP_BATCH = 200
_FEW = 8
"""Names that are looked up one by one: making up a statement for them costs more."""

_ADD = Statement(
    lambda dialect: (
        insert(dialect, assets)
        .values({column.name: bindparam(column.name) for column in assets.columns})
        .on_conflict_do_nothing(index_elements=_NAME_KEY)
        .returning(assets.c.id)
    )
)
_FIND = Statement(
    lambda _dialect: select(*_ASSET_COLUMNS).where(
        *(assets.c[name] == bindparam(name, type_=NAME) for name in _NAME_KEY)
    )
)
_HIGHEST = Statement(
    lambda _dialect: select(func.coalesce(func.max(assets.c.counter), 0)).where(
        *(assets.c[name] == bindparam(name, type_=NAME) for name in (*_NAME_KEY[:3], "stem"))
    )
)


def add(tx: Connection, asset: Asset) -> bool:
    """False when the name is taken; then nothing is stored."""
    if _ADD.row(tx, **values(asset)) is None:
        return False
    folders.touch(tx, asset.tenant, asset.root, asset.subfolder)
    return True


def replace(tx: Connection, asset: Asset) -> None:
    """Store under the name whatever was there before."""
    new = insert(of(tx), assets)
    changed = [name for name in values(asset) if name not in _NAME_KEY]
    tx.execute(
        new.on_conflict_do_update(
            index_elements=_NAME_KEY, set_={name: new.excluded[name] for name in changed}
        ),
        values(asset),
    )
    folders.touch(tx, asset.tenant, asset.root, asset.subfolder)


def find(tx: Connection, tenant: TenantId, root: Root, subfolder: str, name: str) -> Asset | None:
    row = _FIND.row(tx, tenant=tenant, root=root.value, subfolder=subfolder, name=name)
    return None if row is None else _asset(row)


def find_same(
    tx: Connection, tenant: TenantId, root: Root, subfolder: str, blob: BlobHash
) -> Asset | None:
    """The oldest asset of a folder with these bytes."""
    query = (
        select(*_ASSET_COLUMNS)
        .where(
            assets.c.blob == blob,
            assets.c.tenant == tenant,
            assets.c.root == root.value,
            assets.c.subfolder == subfolder,
        )
        .order_by(assets.c.created_at, assets.c.id)
        .limit(1)
    )
    return _first(tx.execute(query).all())


def existing(
    tx: Connection, tenant: TenantId, names: Sequence[tuple[Root, str, str]]
) -> set[tuple[Root, str, str]]:
    """Those of the (root, subfolder, name) that are there."""
    return set(find_many(tx, tenant, names))


def find_many(
    tx: Connection, tenant: TenantId, names: Sequence[tuple[Root, str, str]]
) -> dict[tuple[Root, str, str], Asset]:
    """Those of the (root, subfolder, name) that are there, by that name."""
    if len(names) <= _FEW:
        each = ((name, find(tx, tenant, *name)) for name in names)
        return {name: asset for name, asset in each if asset is not None}
    found: dict[tuple[Root, str, str], Asset] = {}
    for start in range(0, len(names), _LOOKUP_BATCH):
        some = [(root.value, *rest) for root, *rest in names[start : start + _LOOKUP_BATCH]]
        query = select(*_ASSET_COLUMNS).where(
            assets.c.tenant == tenant,
            tuple_(assets.c.root, assets.c.subfolder, assets.c.name).in_(some),
        )
        for asset in map(_asset, tx.execute(query)):
            found[asset.root, asset.subfolder, asset.name] = asset
    return found


def next_counter(tx: Connection, tenant: TenantId, root: Root, subfolder: str, stem: str) -> int:
    """One more than the highest counter among `stem_<counter>_...`; 1 when there is none."""
    row = _HIGHEST.row(tx, tenant=tenant, root=root.value, subfolder=subfolder, stem=stem)
    return 1 if row is None else cast("int", row[0]) + 1


def names(tx: Connection, tenant: TenantId, root: Root) -> list[str]:
    """Every file of a root as `subfolder/name`, sorted."""
    query = select(assets.c.subfolder, assets.c.name).where(
        assets.c.tenant == tenant, assets.c.root == root.value
    )
    return sorted(
        f"{subfolder}/{name}" if subfolder else name for subfolder, name in tx.execute(query)
    )


def with_blob(tx: Connection, tenant: TenantId, blob: BlobHash) -> Asset | None:
    """The oldest asset of the tenant with these bytes, in whatever folder."""
    query = (
        select(*_ASSET_COLUMNS)
        .where(assets.c.blob == blob, assets.c.tenant == tenant)
        .order_by(assets.c.created_at, assets.c.id)
        .limit(1)
    )
    return _first(tx.execute(query).all())


def newest_called(tx: Connection, tenant: TenantId, name: str, now: Millis) -> Asset | None:
    """In whatever folder, unless its time is over."""
    query = (
        select(*_ASSET_COLUMNS)
        .where(assets.c.tenant == tenant, assets.c.name == name)
        .where(or_(assets.c.expires_at.is_(None), assets.c.expires_at > now))
        .order_by(assets.c.created_at.desc(), assets.c.id)
        .limit(1)
    )
    return _first(tx.execute(query).all())


def of_job(tx: Connection, tenant: TenantId, job_id: JobId) -> list[Asset]:
    """What the job made, the first one first."""
    query = (
        select(*_ASSET_COLUMNS)
        .where(assets.c.job_id == job_id, assets.c.tenant == tenant)
        .order_by(assets.c.created_at, assets.c.subfolder, assets.c.name)
    )
    return [_asset(row) for row in tx.execute(query)]


def of_root(tx: Connection, tenant: TenantId, root: Root) -> list[Asset]:
    """Every file of a root, by folder and name."""
    query = (
        select(*_ASSET_COLUMNS)
        .where(assets.c.tenant == tenant, assets.c.root == root.value)
        .order_by(assets.c.subfolder, assets.c.name)
    )
    return [_asset(row) for row in tx.execute(query)]


def folder_exists(tx: Connection, tenant: TenantId, root: Root, folder: str) -> bool:
    """Whether anything lies in the folder or below it."""
    return tx.execute(_in_folder(tenant, root, folder).limit(1)).first() is not None


def in_folder(tx: Connection, tenant: TenantId, root: Root, folder: str) -> list[Asset]:
    """Everything in a folder and below it."""
    query = _in_folder(tenant, root, folder).order_by(assets.c.subfolder, assets.c.name)
    return [_asset(row) for row in tx.execute(query)]


def _in_folder(tenant: TenantId, root: Root, folder: str) -> Select[*tuple[Any, ...]]:
    below = assets.c.subfolder.startswith(f"{folder}/", autoescape=True)
    return (
        select(*_ASSET_COLUMNS)
        .where(assets.c.tenant == tenant, assets.c.root == root.value)
        .where(or_(assets.c.subfolder == folder, below))
    )


def get_many(tx: Connection, tenant: TenantId, ids: Sequence[str]) -> list[Asset]:
    """Those of the assets that exist, in the order of `ids`."""
    query = select(*_ASSET_COLUMNS).where(assets.c.tenant == tenant, assets.c.id.in_(ids))
    found = {asset.id: asset for asset in map(_asset, tx.execute(query))}
    return [found[AssetId(one)] for one in ids if AssetId(one) in found]


def blob_used(tx: Connection, blob: BlobHash) -> bool:
    """Whether any name of any tenant points at these bytes."""
    return tx.execute(select(assets.c.id).where(assets.c.blob == blob).limit(1)).first() is not None


def delete(tx: Connection, tenant: TenantId, ids: Iterable[AssetId]) -> list[AssetId]:
    """Forget the names; says which were there. The bytes are somebody else's business."""
    gone = (
        delete_from(assets)
        .where(assets.c.tenant == tenant, assets.c.id.in_(list(ids)))
        .returning(assets.c.id, assets.c.root, assets.c.subfolder)
    )
    found = tx.execute(gone).all()
    for root, subfolder in {(root, subfolder) for _, root, subfolder in found}:
        folders.touch(tx, tenant, Root(root), subfolder)
    return [AssetId(asset_id) for asset_id, _, _ in found]


def values(asset: Asset) -> Mapping[str, Value]:
    """The row of an asset."""
    counted = _COUNTED.fullmatch(asset.name)
    return {
        "id": asset.id,
        "tenant": asset.tenant,
        "root": asset.root.value,
        "subfolder": asset.subfolder,
        "name": asset.name,
        "stem": counted["stem"] if counted else None,
        "counter": int(counted["counter"]) if counted else None,
        "blob": asset.blob,
        "size": asset.size,
        "mime": asset.mime,
        "created_at": asset.created_at,
        "job_id": asset.job_id,
        "node_id": asset.node_id,
        "file_path": asset.file_path,
        "tags": json.dumps(asset.tags),
        "expires_at": asset.expires_at,
        "metadata": json.dumps(asset.metadata),
        "preview_id": asset.preview_id,
        "updated_at": asset.updated_at,
        "width": asset.extent.width,
        "height": asset.extent.height,
        "duration_ms": asset.extent.duration_ms,
    }


def _first(rows: Sequence[Row[*tuple[Any, ...]]]) -> Asset | None:
    return _asset(rows[0]) if rows else None


def _asset(row: Sequence[Any]) -> Asset:
    """From the values of _ASSET_COLUMNS."""
    preview_id, updated_at, *extent = row[15:]
    return Asset(
        id=AssetId(row[0]),
        tenant=TenantId(row[1]),
        root=Root(row[2]),
        subfolder=row[3],
        name=row[4],
        blob=BlobHash(row[5]),
        size=row[6],
        mime=row[7],
        created_at=Millis(row[8]),
        job_id=None if row[9] is None else JobId(row[9]),
        node_id=row[10],
        file_path=row[11],
        tags=tuple(json.loads(row[12])),
        expires_at=None if row[13] is None else Millis(row[13]),
        metadata=json.loads(row[14]),
        preview_id=None if preview_id is None else AssetId(preview_id),
        updated_at=None if updated_at is None else Millis(updated_at),
        extent=Extent(*extent),
    )
