"""What nodes were measured to take, by the models of their runs."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.sql.base import Executable

from greenroom.domain.clock import Millis
from greenroom.domain.estimate import Average, NodeTime, Timed
from greenroom.domain.ids import TenantId
from greenroom.store.dialect import Dialect, insert
from greenroom.store.statement import Statement
from greenroom.store.tables import node_times

_MOST = 5_000
_FORGOTTEN_MS = 90 * 86_400_000
_KEY = ("tenant", "kind", "class_type")
_MEASURED = (
    "whole_ms", "whole_count", "beside_ms", "beside_count", "step_ms", "step_count", "updated_at",
)  # fmt: skip


def _save(dialect: Dialect) -> Executable:
    given = insert(dialect, node_times).values(
        {name: bindparam(name) for name in (*_KEY, *_MEASURED)}
    )
    return given.on_conflict_do_update(
        index_elements=list(_KEY), set_={name: given.excluded[name] for name in _MEASURED}
    )


_SAVE = Statement(_save)


def save(tx: Connection, tenant: TenantId, learnt: Iterable[Timed], now: Millis) -> None:
    """Replace what is known of these; forget what was not measured for three months."""
    for kind, class_type, time in learnt:
        _SAVE.run(
            tx,
            tenant=tenant,
            kind=kind,
            class_type=class_type,
            whole_ms=time.whole.value,
            whole_count=time.whole.count,
            beside_ms=time.beside.value,
            beside_count=time.beside.count,
            step_ms=time.step.value,
            step_count=time.step.count,
            updated_at=now,
        )
    tx.execute(
        delete(node_times).where(
            node_times.c.tenant == tenant, node_times.c.updated_at < now - _FORGOTTEN_MS
        )
    )


def all_of(tx: Connection, tenant: TenantId) -> list[Timed]:
    """What was measured last, the latest at the end."""
    query = (
        select(node_times)
        .where(node_times.c.tenant == tenant)
        .order_by(node_times.c.updated_at.desc(), node_times.c.kind, node_times.c.class_type)
        .limit(_MOST)
    )
    found = [
        Timed(
            row.kind,
            row.class_type,
            NodeTime(
                Average(row.whole_ms, row.whole_count),
                Average(row.beside_ms, row.beside_count),
                Average(row.step_ms, row.step_count),
            ),
        )
        for row in tx.execute(query)
    ]
    return found[::-1]
