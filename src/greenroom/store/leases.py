"""Leases: make one longer, find those that ran out. Touches no state."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy import cast as cast_to

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, LeaseToken, WorkerId
from greenroom.domain.job import LEASED_STATES, Job, JobState
from greenroom.domain.lease import Lease
from greenroom.store import job_rows
from greenroom.store.columns import COUNT, INSTANT, NAME, words
from greenroom.store.statement import Row, Statement
from greenroom.store.tables import jobs


@dataclass(frozen=True, slots=True)
class Extended:
    lease: Lease
    state: JobState
    """CANCELING when somebody asked for the run to be stopped."""


# A lease that ran out while nobody noticed may still be extended: the job is the worker's until
# another write takes it away.
_EXTEND = Statement(
    lambda _dialect: (
        update(jobs)
        .where(jobs.c.id == bindparam("id_", type_=NAME))
        .where(jobs.c.lease == bindparam("token", type_=NAME))
        .where(jobs.c.state.in_(words(LEASED_STATES)))
        .values(lease_until=bindparam("until", type_=INSTANT))
        .returning(jobs.c.state)
    )
)
_EXPIRED = Statement(
    lambda _dialect: (
        select(*job_rows.COLUMNS)
        .where(jobs.c.state.in_(words(LEASED_STATES)))
        .where(jobs.c.lease_until <= bindparam("now", type_=INSTANT))
        .order_by(jobs.c.lease_until)
        .limit(bindparam("limit", type_=COUNT))
    )
)
_HOLDS = Statement(
    lambda _dialect: (
        select(jobs.c.seq)
        .where(jobs.c.id == bindparam("id_", type_=NAME))
        .where(jobs.c.lease == bindparam("token", type_=NAME))
    )
)


def holds(tx: Connection, token: LeaseToken, job_id: JobId) -> bool:
    """Whether the job is still the token's. In a write, it stays so until the commit."""
    return _HOLDS.row(tx, id_=job_id, token=token) is not None


def extend(
    tx: Connection, token: LeaseToken, job_id: JobId, until: Millis, now: Millis
) -> Extended | None:
    """Hold the job until `until`, never less than until `now`; None when it is another's."""
    end = Millis(max(until, now))
    row = _EXTEND.row(tx, id_=job_id, token=token, until=end)
    if row is None:
        return None
    return Extended(Lease(job_id, token, end), JobState(cast("str", row[0])))


def expired(tx: Connection, now: Millis, limit: int) -> list[Job]:
    """Jobs whose worker was not heard of in time, the longest silence first."""
    return [job_rows.job(row) for row in _EXPIRED.rows(tx, now=now, limit=limit)]


def expire_all(tx: Connection, now: Millis, keep: Collection[WorkerId] = ()) -> int:
    """End every lease that runs now, but for those of `keep`; says how many.

    Right only when none of these workers can be alive.
    """
    running = update(jobs).where(jobs.c.lease_until > now, jobs.c.worker.not_in(keep))
    return tx.execute(running.values(lease_until=now)).rowcount


def prolong(tx: Connection, workers: Collection[WorkerId], until: Millis) -> int:
    """Let these workers' leases last until `until`, also those that ran out; says how many."""
    theirs = update(jobs).where(jobs.c.lease_until < until, jobs.c.worker.in_(workers))
    return tx.execute(theirs.values(lease_until=until)).rowcount


def take_over(tx: Connection, worker: WorkerId, until: Millis) -> list[Job]:
    """The jobs that this worker holds, under new tokens: whoever had the old ones loses them."""
    token = ids.new_lease_token()
    theirs = update(jobs).where(jobs.c.worker == worker, jobs.c.lease.is_not(None))
    renewed = theirs.values(
        lease=bindparam("token", token, type_=NAME) + "-" + cast_to(jobs.c.seq, NAME),
        lease_until=until,
    ).returning(*job_rows.COLUMNS)
    rows = cast("Sequence[Row]", tx.execute(renewed).all())
    return sorted((job_rows.job(row) for row in rows), key=lambda job: job.seq)
