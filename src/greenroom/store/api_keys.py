"""Rows of API keys."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, update

from greenroom.domain.api_key import ApiKey, KeyRole
from greenroom.domain.clock import Millis
from greenroom.domain.ids import KeyId, TenantId
from greenroom.store.dialect import insert, of
from greenroom.store.tables import api_keys


def every(tx: Connection) -> list[ApiKey]:
    """All keys of all tenants, revoked ones too, the oldest first."""
    rows = tx.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
    return [
        ApiKey(
            id=KeyId(row.id),
            tenant=TenantId(row.tenant),
            name=row.name,
            digest=row.digest,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            role=KeyRole(row.role),
        )
        for row in rows
    ]


def counts(tx: Connection, role: KeyRole) -> dict[TenantId, int]:
    """How many valid ones each tenant has."""
    query = (
        select(api_keys.c.tenant, func.count())
        .where(api_keys.c.revoked_at.is_(None), api_keys.c.role == role.value)
        .group_by(api_keys.c.tenant)
    )
    return {TenantId(tenant): count for tenant, count in tx.execute(query)}


def add(tx: Connection, key: ApiKey) -> bool:
    """False, and nothing stored, when a valid key has the name."""
    added = (
        insert(of(tx), api_keys)
        .values(
            id=key.id,
            tenant=key.tenant,
            name=key.name,
            digest=key.digest,
            created_at=key.created_at,
            role=key.role.value,
        )
        .on_conflict_do_nothing()
        .returning(api_keys.c.id)
    )
    return tx.execute(added).first() is not None


def revoke(tx: Connection, key_id: KeyId, now: Millis) -> None:
    """A key that was revoked before keeps its time."""
    tx.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def note_uses(tx: Connection, uses: Mapping[KeyId, Millis]) -> None:
    for key_id, at in uses.items():
        tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=at))
