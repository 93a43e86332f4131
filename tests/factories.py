"""Build and insert a job in any state in one line."""

from dataclasses import replace

from sqlalchemy import Connection

from greenroom.domain import ids
from greenroom.domain.asset import Asset, Root
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, BlobHash, WorkerId
from greenroom.domain.job import Job, JobEvent, JobState
from greenroom.store import transitions
from greenroom.store.database import Database
from greenroom.store.transitions import Claimed, NewJob, Outcome

WORKER = WorkerId("cpu-000001")
LEASE_MS = 30_000
GRAPH = b'{"1":{"class_type":"EmptyImage","inputs":{}}}'

_PATHS: dict[JobState, tuple[JobEvent, ...]] = {
    JobState.QUEUED: (),
    JobState.RUNNING: (JobEvent.CLAIM,),
    JobState.CANCELING: (JobEvent.CLAIM, JobEvent.CANCEL),
    JobState.SUCCEEDED: (JobEvent.CLAIM, JobEvent.SUCCEED),
    JobState.FAILED: (JobEvent.CLAIM, JobEvent.FAIL),
    JobState.CANCELED: (JobEvent.CANCEL,),
    JobState.LOST: (JobEvent.CLAIM, JobEvent.LOSE),
    JobState.EXPIRED: (JobEvent.EXPIRE,),
}
"""How a job comes into each state, by the moves that production makes too."""


def new_job(**given) -> NewJob:
    made = NewJob(
        id=ids.new_job_id(),
        tenant=ids.DEFAULT_TENANT,
        prompt=GRAPH,
        graph=None,
        extra_data=b"{}",
        outputs=("1",),
        digest="digest",
    )
    return replace(made, **given)


def insert_job(
    tx: Connection,
    now: Millis,
    state: JobState = JobState.QUEUED,
    *,
    outcome: Outcome | None = None,
    **given,
) -> Job:
    """A job as it is after the usual way into `state`; leases end LEASE_MS after `now`."""
    job = transitions.enqueue(tx, new_job(**given), now).change.job
    for event in _PATHS[state]:
        if event is JobEvent.CLAIM:
            job = claim_job(tx, job, now).change.job
            continue
        change = transitions.move(tx, job.id, event, now, token=job.lease, outcome=outcome)
        assert change is not None
        job = change.job
    return job


def claim_job(tx: Connection, job: Job, now: Millis) -> Claimed:
    (claimed,) = transitions.claim(tx, WORKER, 1, LEASE_MS, now, only=[job.id])
    return claimed


async def job_in(database: Database, state: JobState = JobState.QUEUED, **given) -> Job:
    now = database.clock.now()
    return await database.write(lambda tx: insert_job(tx, now, state, **given))


def new_asset(name: str, **given) -> Asset:
    made = Asset(
        id=AssetId(ids.new_asset_id()),
        tenant=ids.DEFAULT_TENANT,
        root=Root.OUTPUT,
        subfolder="",
        name=name,
        blob=BlobHash("0" * 64),
        size=1,
        mime="image/png",
        created_at=Millis(1_800_000_000_000),
    )
    return replace(made, **given)
