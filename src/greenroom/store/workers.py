"""Worker registrations and when each was last heard of."""

import json

from sqlalchemy import Connection, select
from sqlalchemy import delete as delete_from

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId, WorkerId
from greenroom.domain.worker import Worker, WorkerStatus
from greenroom.store.dialect import insert, of
from greenroom.store.tables import workers


def save(tx: Connection, tenant: TenantId, worker: Worker) -> None:
    """Register the worker, or bring its row up to date."""
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
    }
    changed = [name for name in values if name not in {"id", "registered_at"}]
    tx.execute(
        new.on_conflict_do_update(
            index_elements=["id"], set_={name: new.excluded[name] for name in changed}
        ),
        values,
    )


def all_of(tx: Connection, tenant: TenantId) -> list[Worker]:
    """Every registered worker, the oldest first. What each runs now is not kept here."""
    query = (
        select(workers)
        .where(workers.c.tenant == tenant)
        .order_by(workers.c.registered_at, workers.c.id)
    )
    return [
        Worker(
            id=WorkerId(row.id),
            kind=row.kind,
            url=row.url,
            status=WorkerStatus(row.status),
            reason=row.detail,
            last_seen_at=Millis(row.last_seen_at),
            labels=json.loads(row.labels),
        )
        for row in tx.execute(query)
    ]


def delete(tx: Connection, tenant: TenantId, worker: WorkerId) -> bool:
    gone = delete_from(workers).where(workers.c.id == worker, workers.c.tenant == tenant)
    return tx.execute(gone).rowcount == 1
