"""The library: workflows, and their versions, which never change."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.domain.library import Content, Draft, StoredVersion, WorkflowEntry, digest_of
from greenroom.store.dialect import insert, of
from greenroom.store.tables import workflow_versions, workflows

_ENTRY = (
    workflows.c.id,
    workflows.c.name,
    workflows.c.version,
    workflows.c.tags,
    workflows.c.source,
    workflows.c.created_at,
    workflows.c.updated_at,
)
_VERSION = (
    workflow_versions.c.version,
    workflow_versions.c.content,
    workflow_versions.c.digest,
    workflow_versions.c.source,
    workflow_versions.c.created_at,
)


def publish(tx: Connection, tenant: TenantId, draft: Draft, now: Millis) -> tuple[int, bool]:
    """Keep the draft as the newest version; its number, and whether it is a new one.

    Content equal to the newest version's changes nothing.
    """
    newest = _begin(tx, tenant, draft, now)
    encoded = draft.content.encoded()
    digest = digest_of(encoded)
    if newest and digest == _digest(tx, tenant, draft.id, newest):
        return newest, False
    version = max(newest + 1, draft.version or 0)
    tx.execute(
        insert_into(workflow_versions).values(
            tenant=tenant, workflow_id=draft.id, version=version, digest=digest,
            content=encoded, source=draft.source, created_at=now,
        )
    )  # fmt: skip
    changed = {"name": draft.name, "version": version, "source": draft.source, "updated_at": now}
    if draft.tags:
        changed["tags"] = json.dumps(draft.tags)
    tx.execute(update(workflows).where(_is(tenant, draft.id)).values(changed))
    return version, True


def entries(tx: Connection, tenant: TenantId) -> list[WorkflowEntry]:
    """Every workflow, by name."""
    query = select(*_ENTRY).where(workflows.c.tenant == tenant)
    return [_entry(row) for row in tx.execute(query.order_by(workflows.c.name, workflows.c.id))]


def entry(tx: Connection, tenant: TenantId, workflow_id: str) -> WorkflowEntry | None:
    row = tx.execute(select(*_ENTRY).where(_is(tenant, workflow_id))).first()
    return None if row is None else _entry(row)


def get(
    tx: Connection, tenant: TenantId, workflow_id: str, version: int | None = None
) -> StoredVersion | None:
    """The version, or the newest one."""
    wanted = workflows.c.version if version is None else version
    row = tx.execute(
        _versions().where(_is(tenant, workflow_id), workflow_versions.c.version == wanted)
    ).first()
    return None if row is None else _stored(row)


def newest_versions(tx: Connection, tenant: TenantId) -> list[StoredVersion]:
    """The newest version of every workflow, by name."""
    query = (
        _versions()
        .where(workflows.c.tenant == tenant)
        .where(workflow_versions.c.version == workflows.c.version)
        .order_by(workflows.c.name, workflows.c.id)
    )
    return [_stored(row) for row in tx.execute(query)]


def version_numbers(tx: Connection, tenant: TenantId, workflow_id: str) -> list[tuple[int, Millis]]:
    """Every version with the time it was published, the newest first."""
    query = (
        select(workflow_versions.c.version, workflow_versions.c.created_at)
        .where(workflow_versions.c.tenant == tenant, workflow_versions.c.workflow_id == workflow_id)
        .order_by(workflow_versions.c.version.desc())
    )
    return [(version, Millis(created_at)) for version, created_at in tx.execute(query)]


def change(  # noqa: PLR0917 - the key's parts come first
    tx: Connection, tenant: TenantId, workflow_id: str, name: str | None,
    tags: tuple[str, ...] | None, now: Millis,
) -> WorkflowEntry | None:  # fmt: skip
    """Rename or tag; None leaves a field as it is. None when there is no such workflow."""
    changed: dict[str, object] = {"updated_at": now}
    if name is not None:
        changed["name"] = name
    if tags is not None:
        changed["tags"] = json.dumps(tags)
    tx.execute(update(workflows).where(_is(tenant, workflow_id)).values(changed))
    return entry(tx, tenant, workflow_id)


def delete(tx: Connection, tenant: TenantId, workflow_id: str) -> bool:
    """Forget the workflow with all its versions; its jobs keep their own graphs."""
    return tx.execute(delete_from(workflows).where(_is(tenant, workflow_id))).rowcount == 1


def _begin(tx: Connection, tenant: TenantId, draft: Draft, now: Millis) -> int:
    """The newest version's number, 0 without any; nobody else publishes until the commit."""
    new = insert(of(tx), workflows)
    values = {
        "tenant": tenant, "id": draft.id, "name": draft.name, "tags": json.dumps(draft.tags),
        "version": 0, "source": draft.source, "created_at": now, "updated_at": now,
    }  # fmt: skip
    kept = new.on_conflict_do_update(
        index_elements=["tenant", "id"], set_={"version": workflows.c.version}
    )
    newest: int = tx.execute(kept.returning(workflows.c.version), values).scalar_one()
    return newest


def _digest(tx: Connection, tenant: TenantId, workflow_id: str, version: int) -> str | None:
    query = select(workflow_versions.c.digest).where(
        workflow_versions.c.tenant == tenant,
        workflow_versions.c.workflow_id == workflow_id,
        workflow_versions.c.version == version,
    )
    found: str | None = tx.execute(query).scalar()
    return found


def _is(tenant: TenantId, workflow_id: str) -> ColumnElement[bool]:
    return and_(workflows.c.tenant == tenant, workflows.c.id == workflow_id)


def _versions() -> Select[Any]:
    same = and_(
        workflow_versions.c.tenant == workflows.c.tenant,
        workflow_versions.c.workflow_id == workflows.c.id,
    )
    return select(*_ENTRY, *_VERSION).select_from(workflows.join(workflow_versions, same))


def _entry(row: Sequence[Any]) -> WorkflowEntry:
    workflow_id, name, version, tags, source, created_at, updated_at = row[: len(_ENTRY)]
    return WorkflowEntry(
        workflow_id, name, version, tuple(json.loads(tags)), source,
        Millis(created_at), Millis(updated_at),
    )  # fmt: skip


def _stored(row: Sequence[Any]) -> StoredVersion:
    version, content, digest, source, created_at = row[len(_ENTRY) :]
    return StoredVersion(
        _entry(row), version, Content.decoded(content), digest, source, Millis(created_at)
    )
