"""The top of the input folder, which nodes offer: what is in it, and whether it changed."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from greenroom.domain import ids
from greenroom.domain.asset import Root
from greenroom.domain.ids import TenantId
from greenroom.store import settings as setting_rows
from greenroom.store.tables import assets

_USER = "__folders__"
"""The settings of this name hold the marks; no user can have it."""


@dataclass(frozen=True, slots=True)
class Inputs:
    mark: str
    """Another one after each change."""
    names: list[str]
    """Sorted."""


def touch(tx: Connection, tenant: TenantId, root: Root, subfolder: str) -> None:
    """Say that a name came to the folder, or left it."""
    if root is Root.INPUT and not subfolder:
        setting_rows.put(tx, tenant, _USER, {Root.INPUT: ids.new_asset_id()})


def mark(tx: Connection, tenant: TenantId) -> str:
    return str(setting_rows.get(tx, tenant, _USER, Root.INPUT) or "")


def inputs(tx: Connection, tenant: TenantId) -> Inputs:
    query = select(assets.c.name).where(
        assets.c.tenant == tenant, assets.c.root == Root.INPUT.value, assets.c.subfolder == ""
    )
    return Inputs(mark(tx, tenant), sorted(tx.execute(query).scalars()))
