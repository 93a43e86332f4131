"""The secrets that deliveries are signed with, sealed."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.store.tables import webhook_secrets

_s = webhook_secrets


@dataclass(frozen=True, slots=True)
class SealedSecret:
    id: str
    sealed: bytes
    created_at: Millis
    ends_at: Millis | None
    """When it stops being valid; None for the newest."""


def valid(tx: Connection, tenant: TenantId, now: Millis) -> list[SealedSecret]:
    """The newest first."""
    query = (
        select(_s.c.id, _s.c.sealed, _s.c.created_at, _s.c.ends_at)
        .where(_s.c.tenant == tenant, or_(_s.c.ends_at.is_(None), _s.c.ends_at > now))
        .order_by(_s.c.ends_at.is_not(None), _s.c.ends_at.desc(), _s.c.id)
    )
    return [SealedSecret(*row) for row in tx.execute(query)]


def replace(tx: Connection, tenant: TenantId, new: SealedSecret, old_until: Millis) -> None:
    """`new` becomes the newest; those before it are valid until `old_until` at most."""
    now = new.created_at
    tx.execute(delete(_s).where(_s.c.tenant == tenant, _s.c.ends_at <= now))
    tx.execute(
        update(_s)
        .where(_s.c.tenant == tenant, or_(_s.c.ends_at.is_(None), _s.c.ends_at > old_until))
        .values(ends_at=old_until)
    )
    tx.execute(insert(_s).values(id=new.id, tenant=tenant, sealed=new.sealed, created_at=now))
