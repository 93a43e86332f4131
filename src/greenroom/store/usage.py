"""What was used of the workers, added up by the hour; kept when the jobs are deleted."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.sql.base import Executable

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.domain.job import TERMINAL_STATES, Job, JobState
from greenroom.domain.scheduling.usage import Stretch
from greenroom.domain.usage import DAY_MS, HOUR_MS, OF_DEPLOYMENT, UsageBy, Used
from greenroom.store.columns import NAME
from greenroom.store.dialect import Dialect, Insert, insert, of
from greenroom.store.statement import Statement
from greenroom.store.tables import instances, usage

_KEY = ("tenant", "hour", "worker", "workflow_id", "key_id")
_SUMS = ("jobs", "succeeded", "attempts", "busy_ms")


def of_deployment(deployment: ColumnElement[str]) -> ColumnElement[str]:
    """What the instances of a deployment are together, among the workers of a report."""
    return literal(OF_DEPLOYMENT, NAME).concat(deployment)


_NAMES = {
    UsageBy.WORKFLOW: usage.c.workflow_id,
    UsageBy.WORKER: func.coalesce(of_deployment(instances.c.deployment_id), usage.c.worker),
    UsageBy.KEY: usage.c.key_id,
    UsageBy.TENANT: usage.c.tenant,
}


def _add(dialect: Dialect) -> Executable:
    return _added_to(
        insert(dialect, usage).values(
            {name: bindparam(name) for name in (*_KEY, *_SUMS, "last_at")}
        )
    )


def _added_to(given: Insert) -> Executable:
    more = {name: usage.c[name] + given.excluded[name] for name in _SUMS}
    return given.on_conflict_do_update(
        index_elements=list(_KEY), set_={**more, "last_at": given.excluded.last_at}
    )


_ADD = Statement(_add)


def note_attempt(tx: Connection, job: Job, now: Millis) -> None:
    """The latest attempt at the job has ended."""
    _ADD.run(
        tx,
        tenant=job.tenant,
        hour=now - now % HOUR_MS,
        worker=job.worker or "",
        workflow_id=job.workflow_id or "",
        key_id=job.key_id or "",
        jobs=int(job.state in TERMINAL_STATES),
        succeeded=int(job.state is JobState.SUCCEEDED),
        attempts=1,
        busy_ms=max(now - (job.started_at or now), 0),
        last_at=now,
    )


def by_day(
    tx: Connection, tenant: TenantId | None, by: UsageBy, since: Millis, offset_ms: int = 0
) -> Sequence[Used]:
    """The use from the hour of `since` on; days begin `offset_ms` before UTC's.

    A tenant of None stands for all. Among workers, the instances of a deployment are one.
    """
    local = usage.c.hour + literal(offset_ms, BigInteger())
    day = cast(local // literal(DAY_MS, BigInteger()), BigInteger()).label("day")
    name = _NAMES[by].label("name")
    sums = [cast(func.sum(usage.c[column]), BigInteger()) for column in _SUMS]
    query = (
        select(day, name, *sums)
        .select_from(usage.outerjoin(instances, instances.c.id == usage.c.worker))
        .where(usage.c.hour >= since - since % HOUR_MS)
        .group_by(day, name)
        .order_by(day, name)
    )
    if tenant is not None:
        query = query.where(usage.c.tenant == tenant)
    return [Used(*row) for row in tx.execute(query)]


def forget_instances(tx: Connection, before: Millis) -> None:
    """Add up, under its deployment, what was used of the instances that ended before then."""
    ended = instances.c.ended_at < before
    if tx.execute(select(instances.c.id).where(ended).limit(1)).first() is None:
        return
    name = of_deployment(instances.c.deployment_id)
    key = [name if column == "worker" else usage.c[column] for column in _KEY]
    sums = [cast(func.sum(usage.c[column]), BigInteger()) for column in _SUMS]
    added = (
        select(*key, *sums, func.max(usage.c.last_at))
        .select_from(usage.join(instances, instances.c.id == usage.c.worker))
        .where(ended)
        .group_by(*key)
    )
    tx.execute(_added_to(insert(of(tx), usage).from_select([*_KEY, *_SUMS, "last_at"], added)))
    gone = select(instances.c.id).where(ended)
    tx.execute(delete(usage).where(usage.c.worker.in_(gone)))


def since(tx: Connection, start: Millis) -> list[Stretch]:
    """What each tenant used, hour by hour, from the hour of `start` on."""
    query = (
        select(
            usage.c.tenant, usage.c.hour, func.max(usage.c.last_at),
            cast(func.sum(usage.c.busy_ms), BigInteger()),
        )
        .where(usage.c.hour >= start - start % HOUR_MS)
        .group_by(usage.c.tenant, usage.c.hour)
    )  # fmt: skip
    return [Stretch(*row) for row in tx.execute(query)]
