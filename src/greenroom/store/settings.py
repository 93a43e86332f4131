"""Settings of a user: JSON values by key."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy import delete as delete_from

from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonValue
from greenroom.store.dialect import insert, of
from greenroom.store.tables import settings


def get_all(tx: Connection, tenant: TenantId, user: str) -> dict[str, JsonValue]:
    query = (
        select(settings.c.key, settings.c.value)
        .where(settings.c.tenant == tenant, settings.c.user == user)
        .order_by(settings.c.key)
    )
    return {key: json.loads(value) for key, value in tx.execute(query)}


def get(tx: Connection, tenant: TenantId, user: str, key: str) -> JsonValue:
    """None when it is not set."""
    query = select(settings.c.value).where(
        settings.c.tenant == tenant, settings.c.user == user, settings.c.key == key
    )
    value: str | None = tx.execute(query).scalar()
    return None if value is None else json.loads(value)


def of_every_tenant(tx: Connection, user: str, key: str) -> dict[TenantId, JsonValue]:
    """The value that the user of this name has in each tenant where it is set."""
    query = select(settings.c.tenant, settings.c.value).where(
        settings.c.user == user, settings.c.key == key
    )
    return {TenantId(tenant): json.loads(value) for tenant, value in tx.execute(query)}


def put(tx: Connection, tenant: TenantId, user: str, values: Mapping[str, JsonValue]) -> None:
    """Set some keys; the others stay."""
    if not values:
        return
    new = insert(of(tx), settings)
    rows = [
        {"tenant": tenant, "user": user, "key": key, "value": json.dumps(value)}
        for key, value in values.items()
    ]
    tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant", "user", "key"], set_={"value": new.excluded.value}
        ),
        rows,
    )


def put_once(tx: Connection, tenant: TenantId, user: str, key: str, value: JsonValue) -> None:
    """Set a key unless it is set already."""
    given = {"tenant": tenant, "user": user, "key": key, "value": json.dumps(value)}
    tx.execute(insert(of(tx), settings).values(given).on_conflict_do_nothing())


def delete(tx: Connection, tenant: TenantId, user: str, key: str) -> bool:
    gone = delete_from(settings).where(
        settings.c.tenant == tenant, settings.c.user == user, settings.c.key == key
    )
    return tx.execute(gone).rowcount == 1
