"""Single-use keys: claim one, ask for one, release one, forget the old ones."""

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.sql.base import Executable

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.store.columns import INSTANT, NAME, Expression
from greenroom.store.dialect import Dialect, insert
from greenroom.store.statement import Statement
from greenroom.store.tables import idempotency_keys


def _claim(dialect: Dialect) -> Executable:
    given: dict[str, Expression] = {
        name: bindparam(name) for name in ("tenant", "key", "claimed_at")
    }
    new = insert(dialect, idempotency_keys).values(given)
    return new.on_conflict_do_update(
        index_elements=["tenant", "key"],
        set_={"claimed_at": new.excluded.claimed_at},
        where=idempotency_keys.c.claimed_at <= bindparam("older_than", type_=INSTANT),
    ).returning(idempotency_keys.c.key)


_CLAIM = Statement(_claim)
_IS_CLAIMED = Statement(
    lambda _dialect: select(idempotency_keys.c.key).where(
        idempotency_keys.c.tenant == bindparam("tenant", type_=NAME),
        idempotency_keys.c.key == bindparam("key", type_=NAME),
        idempotency_keys.c.claimed_at > bindparam("older_than", type_=INSTANT),
    )
)


def claim(tx: Connection, tenant: TenantId, key: str, now: Millis, older_than: Millis) -> bool:
    """False when the key was claimed after `older_than`; then nothing is written."""
    row = _CLAIM.row(tx, tenant=tenant, key=key, claimed_at=now, older_than=older_than)
    return row is not None


def is_claimed(tx: Connection, tenant: TenantId, key: str, older_than: Millis) -> bool:
    return _IS_CLAIMED.row(tx, tenant=tenant, key=key, older_than=older_than) is not None


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
