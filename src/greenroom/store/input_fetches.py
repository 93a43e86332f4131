"""The files that accepted jobs wait for: which are due, who fetches them now, what is there."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, JobId, TenantId
from greenroom.domain.input_fetch import GIVE_UP_MS, AwaitedFile, InputFetch, MissingInput
from greenroom.domain.job import UNTIL_INPUTS, Job, JobState
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.refs import Place
from greenroom.store.columns import NAME, word
from greenroom.store.statement import Statement
from greenroom.store.tables import input_fetches, jobs

LEASE_MS = 30_000
"""After it, another server fetches the file anew; who fetches it renews the lease meanwhile."""

_f = input_fetches


class Arrived(NamedTuple):
    """A file of a job that is there."""

    asset_id: AssetId
    places: tuple[Place, ...]


def add(tx: Connection, job: Job, files: Sequence[AwaitedFile]) -> None:
    """What the new job waits for; those with a lease are being fetched already."""
    now = job.created_at
    rows = [
        {
            "job_id": job.id,
            "position": position,
            "tenant": job.tenant,
            "url": file.url,
            "kind": file.kind.value,
            "places": json.dumps([[place.node_id, place.input] for place in file.places]),
            "tries": 0 if file.lease is None else 1,
            "next_at": now if file.lease is None else now + LEASE_MS,
            "give_up_at": None if file.lease is None else now + GIVE_UP_MS,
            "lease": file.lease,
        }
        for position, file in enumerate(files)
    ]
    if rows:
        tx.execute(insert(_f), rows)


def any_due(tx: Connection, now: Millis) -> bool:
    return tx.execute(select(_f.c.job_id).where(_f.c.next_at <= now).limit(1)).first() is not None


def claim(
    tx: Connection, now: Millis, limit: int, busy: Collection[TenantId] = ()
) -> list[InputFetch]:
    """Up to `limit` due fetches, the oldest first, of no `busy` tenant; none is given twice."""
    query = (
        select(_f)
        .where(_f.c.next_at <= now, _f.c.tenant.not_in(busy))
        .order_by(_f.c.next_at, _f.c.job_id, _f.c.position)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for row in tx.execute(query).mappings().all():
        fetch = _fetch(row, now)
        changes = {
            "lease": fetch.lease, "tries": fetch.tries, "next_at": now + LEASE_MS,
            "give_up_at": fetch.give_up_at,
        }  # fmt: skip
        tx.execute(update(_f).where(_same(fetch)).values(changes))
        taken.append(fetch)
    return taken


def renew(tx: Connection, leases: Collection[str], now: Millis) -> set[str]:
    """Hold these fetches longer; gives the leases that still hold."""
    held = update(_f).where(_f.c.lease.in_(leases)).values(next_at=now + LEASE_MS)
    return set(tx.execute(held.returning(_f.c.lease)).scalars())


def release(tx: Connection, leases: Collection[str], now: Millis) -> None:
    """Let others fetch them at once; the try does not count."""
    given_back = update(_f).where(_f.c.lease.in_(leases))
    tx.execute(given_back.values(lease=None, next_at=now, tries=_f.c.tries - 1))


def release_all(tx: Connection, now: Millis) -> None:
    """Right only when no other server can be fetching: whoever did has died."""
    tx.execute(update(_f).where(_f.c.lease.is_not(None)).values(lease=None, next_at=now))


def try_again(tx: Connection, fetch: InputFetch, error: str, at: Millis) -> None:
    """Fetch it anew from then on."""
    mine = and_(_same(fetch), _f.c.lease == fetch.lease)
    tx.execute(update(_f).where(mine).values(lease=None, next_at=at, last_error=error))


def hold(tx: Connection, fetch: InputFetch) -> bool:
    """Whether the job still waits for this fetch; if so, nobody changes that until the commit."""
    waits = select(jobs.c.seq).where(_awaits(fetch.job_id)).with_for_update()
    if tx.execute(waits).first() is None:
        return False
    mine = select(_f.c.job_id).where(_same(fetch), _f.c.lease == fetch.lease).with_for_update()
    return tx.execute(mine).first() is not None


def arrive(tx: Connection, fetch: InputFetch, asset_id: AssetId) -> bool:
    """Note that a held fetch is done; whether the job now has all of its files."""
    there = {"asset_id": asset_id, "lease": None, "next_at": None}
    tx.execute(update(_f).where(_same(fetch)).values(there))
    lacking = select(func.count()).where(_f.c.job_id == fetch.job_id, _f.c.asset_id.is_(None))
    return tx.execute(lacking).scalar_one() == 0


def take_arrived(tx: Connection, job_id: JobId) -> list[Arrived]:
    """The files of a job that has all of them; it may be claimed from now on."""
    gone = delete(_f).where(_f.c.job_id == job_id).returning(_f.c.asset_id, _f.c.places)
    found = [Arrived(AssetId(asset_id), _places(text)) for asset_id, text in tx.execute(gone)]
    tx.execute(update(jobs).where(_awaits(job_id)).values(not_before=null()))
    return found


def erase(tx: Connection, job_id: JobId) -> None:
    """The job waits no more."""
    _ERASE.run(tx, job_id=job_id)


def missing(tx: Connection, job_ids: Iterable[JobId]) -> dict[JobId, list[MissingInput]]:
    """What each of the jobs still waits for."""
    query = (
        select(_f.c.job_id, _f.c.url, _f.c.last_error)
        .where(_f.c.job_id.in_(list(job_ids)), _f.c.asset_id.is_(None))
        .order_by(_f.c.job_id, _f.c.position)
    )
    found: dict[JobId, list[MissingInput]] = {}
    for job_id, url, error in tx.execute(query):
        found.setdefault(JobId(job_id), []).append(MissingInput(url, error))
    return found


def may_begin() -> ColumnElement[bool]:
    """Whether a waiting job has its inputs."""
    return or_(jobs.c.not_before.is_(None), jobs.c.not_before < UNTIL_INPUTS)


def _awaits(job_id: JobId) -> ColumnElement[bool]:
    waits = and_(jobs.c.state == word(JobState.QUEUED), jobs.c.not_before == UNTIL_INPUTS)
    return and_(jobs.c.id == job_id, waits)


def _same(fetch: InputFetch) -> ColumnElement[bool]:
    return and_(_f.c.job_id == fetch.job_id, _f.c.position == fetch.position)


def _fetch(row: RowMapping, now: Millis) -> InputFetch:
    lease = str(ids.new_lease_token())
    file = AwaitedFile(row["url"], FileKind(row["kind"]), _places(row["places"]))
    return InputFetch(
        job_id=JobId(row["job_id"]),
        tenant=TenantId(row["tenant"]),
        position=row["position"],
        file=replace(file, lease=lease),
        lease=lease,
        tries=row["tries"] + 1,
        give_up_at=row["give_up_at"] or Millis(now + GIVE_UP_MS),
    )


def _places(text: str) -> tuple[Place, ...]:
    return tuple(Place(*pair) for pair in cast("list[list[str]]", json.loads(text)))


_ERASE = Statement(
    lambda _dialect: delete(_f).where(_f.c.job_id == bindparam("job_id", type_=NAME))
)
