"""Single-use keys: claim one, ask for one, release one, forget the old ones."""

from sqlalchemy import Connection, delete, select

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.store.dialect import insert, of
from greenroom.store.tables import idempotency_keys


def claim(tx: Connection, tenant: TenantId, key: str, now: Millis, older_than: Millis) -> bool:
    """False when the key was claimed after `older_than`; then nothing is written."""
    new = insert(of(tx), idempotency_keys).values(tenant=tenant, key=key, claimed_at=now)
    taken = new.on_conflict_do_update(
        index_elements=["tenant", "key"],
        set_={"claimed_at": new.excluded.claimed_at},
        where=idempotency_keys.c.claimed_at <= older_than,
    )
    return tx.execute(taken.returning(idempotency_keys.c.key)).first() is not None


def is_claimed(tx: Connection, tenant: TenantId, key: str, older_than: Millis) -> bool:
    query = select(idempotency_keys.c.key).where(
        idempotency_keys.c.tenant == tenant,
        idempotency_keys.c.key == key,
        idempotency_keys.c.claimed_at > older_than,
    )
    return tx.execute(query).first() is not None


def release(tx: Connection, tenant: TenantId, key: str) -> None:
    """Make a claimed key free again."""
    tx.execute(
        delete(idempotency_keys).where(
            idempotency_keys.c.tenant == tenant, idempotency_keys.c.key == key
        )
    )


def forget(tx: Connection, older_than: Millis) -> int:
    """Drop the keys that may be used again; says how many."""
    old = delete(idempotency_keys).where(idempotency_keys.c.claimed_at <= older_than)
    return tx.execute(old).rowcount
