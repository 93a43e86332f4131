"""Worker registrations, when each was last heard of, and the nodes that it knew then."""

import json
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy import delete as delete_from

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId, WorkerId
from greenroom.domain.worker import Worker, WorkerStatus
from greenroom.store.dialect import insert, of
from greenroom.store.tables import worker_nodes, workers


def save(tx: Connection, tenant: TenantId, worker: Worker, home: str = "") -> None:
    """Register the worker, or bring its row up to date. `home` names the server it belongs to."""
    new = insert(of(tx), workers)
    values = {
        "id": worker.id,
        "tenant": tenant,
        "kind": worker.kind,
        "url": worker.url,
        "labels": json.dumps(dict(worker.labels)),
        "status": worker.status.value,
        "detail": worker.reason,
        "registered_at": worker.last_seen_at,
        "last_seen_at": worker.last_seen_at,
        "home": home,
        "added": int(worker.added),
    }
    changed = [name for name in values if name not in {"id", "registered_at"}]
    tx.execute(
        new.on_conflict_do_update(
            index_elements=["id"], set_={name: new.excluded[name] for name in changed}
        ),
        values,
    )


def all_of(tx: Connection, tenant: TenantId, home: str = "") -> list[Worker]:
    """Every registered worker of one server, the oldest first. What each runs is not kept here."""
    query = _of_server(tenant, home).order_by(workers.c.registered_at, workers.c.id)
    return [_worker(row) for row in tx.execute(query)]


def get(tx: Connection, tenant: TenantId, worker: WorkerId, home: str = "") -> Worker | None:
    """As all_of tells of it."""
    row = tx.execute(_of_server(tenant, home).where(workers.c.id == worker)).first()
    return None if row is None else _worker(row)


def _of_server(tenant: TenantId, home: str) -> Select[Any]:
    return select(workers).where(workers.c.tenant == tenant, workers.c.home == home)


def _worker(row: Row[Any]) -> Worker:
    return Worker(
        id=WorkerId(row.id),
        kind=row.kind,
        url=row.url,
        status=WorkerStatus(row.status),
        reason=row.detail,
        last_seen_at=Millis(row.last_seen_at),
        labels=json.loads(row.labels),
        added=bool(row.added),
    )


def delete(tx: Connection, tenant: TenantId, worker: WorkerId) -> bool:
    gone = delete_from(workers).where(workers.c.id == worker, workers.c.tenant == tenant)
    return tx.execute(gone).rowcount == 1


def save_nodes(tx: Connection, tenant: TenantId, worker: WorkerId, definitions: bytes) -> None:
    """Keep what a registered worker answers to /object_info, as the caller encodes it."""
    new = insert(of(tx), worker_nodes)
    tx.execute(
        new.on_conflict_do_update(
            index_elements=["worker"], set_={"definitions": new.excluded.definitions}
        ),
        {"worker": worker, "tenant": tenant, "definitions": definitions},
    )


def nodes(tx: Connection, tenant: TenantId, worker: WorkerId) -> bytes | None:
    """What save_nodes kept last."""
    query = select(worker_nodes.c.definitions).where(
        worker_nodes.c.worker == worker, worker_nodes.c.tenant == tenant
    )
    return cast("bytes | None", tx.execute(query).scalar())
