"""Files of a user: small contents by path, as ComfyUI's frontend keeps them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select, update
from sqlalchemy import delete as delete_from

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.store.dialect import insert, of
from greenroom.store.tables import userdata

_KEY = ("tenant", "user", "path")


@dataclass(frozen=True, slots=True)
class UserFile:
    """What a listing shows of a file. `path` has forward slashes; `size` is in bytes."""

    path: str
    size: int
    created_at: Millis
    modified_at: Millis


def read(tx: Connection, tenant: TenantId, user: str, path: str) -> bytes | None:
    query = select(userdata.c.content).where(_is(tenant, user, path))
    found: bytes | None = tx.execute(query).scalar()
    return found


def write(  # noqa: PLR0917 - the key's three parts come first
    tx: Connection, tenant: TenantId, user: str, path: str, content: bytes, now: Millis
) -> UserFile:
    """Store under the path whatever was there before."""
    new = insert(of(tx), userdata)
    changed = {"content": new.excluded.content, "modified_at": new.excluded.modified_at}
    stored = new.on_conflict_do_update(index_elements=_KEY, set_=changed).returning(
        userdata.c.created_at
    )
    values = {
        "tenant": tenant,
        "user": user,
        "path": path,
        "content": content,
        "created_at": now,
        "modified_at": now,
    }
    created_at = tx.execute(stored, values).scalar_one()
    return UserFile(path, len(content), Millis(created_at), now)


def info(tx: Connection, tenant: TenantId, user: str, path: str) -> UserFile | None:
    found = _listed(tx, _is(tenant, user, path))
    return found[0] if found else None


def files(tx: Connection, tenant: TenantId, user: str) -> list[UserFile]:
    """Every file of the user, by path."""
    return _listed(tx, and_(userdata.c.tenant == tenant, userdata.c.user == user))


def move(  # noqa: PLR0917 - likewise
    tx: Connection, tenant: TenantId, user: str, source: str, target: str, now: Millis
) -> bool:
    """Rename, replacing what has the new name; False when there is nothing to rename."""
    if info(tx, tenant, user, source) is None:
        return False
    if source == target:
        return True
    delete(tx, tenant, user, target)
    renamed = update(userdata).where(_is(tenant, user, source))
    tx.execute(renamed.values(path=target, modified_at=now))
    return True


def delete(tx: Connection, tenant: TenantId, user: str, path: str) -> bool:
    return tx.execute(delete_from(userdata).where(_is(tenant, user, path))).rowcount == 1


def _is(tenant: TenantId, user: str, path: str) -> ColumnElement[bool]:
    return and_(userdata.c.tenant == tenant, userdata.c.user == user, userdata.c.path == path)


def _listed(tx: Connection, condition: ColumnElement[bool]) -> list[UserFile]:
    size = func.length(userdata.c.content)
    query = (
        select(userdata.c.path, size, userdata.c.created_at, userdata.c.modified_at)
        .where(condition)
        .order_by(userdata.c.path)
    )
    return [
        UserFile(path, length, Millis(created), Millis(modified))
        for path, length, created, modified in tx.execute(query)
    ]
