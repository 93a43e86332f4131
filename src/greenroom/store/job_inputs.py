"""Which assets a job reads, so that they stay until it has ended."""

from sqlalchemy import Connection, or_, select
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.ids import AssetId, JobId
from greenroom.domain.job import ACTIVE_STATES
from greenroom.store.columns import words
from greenroom.store.dialect import insert, of
from greenroom.store.tables import asset_shares, assets, job_inputs, jobs


def note(tx: Connection, job_id: JobId, asset_id: AssetId) -> None:
    """Once is enough, however often the job names it."""
    row = insert(of(tx), job_inputs).values(job_id=job_id, asset_id=asset_id)
    tx.execute(row.on_conflict_do_nothing())


def needed() -> ColumnElement[bool]:
    """Whether a row of `assets` is read, shown or was made by a job that has not ended yet."""
    active = jobs.c.state.in_(words(ACTIVE_STATES))
    made = select(jobs.c.id).where(jobs.c.id == assets.c.job_id, active)
    read = (
        select(job_inputs.c.job_id)
        .join(jobs, jobs.c.id == job_inputs.c.job_id)
        .where(job_inputs.c.asset_id == assets.c.id, active)
    )
    shown = (
        select(asset_shares.c.job_id)
        .join(jobs, jobs.c.id == asset_shares.c.job_id)
        .where(asset_shares.c.asset_id == assets.c.id, active)
    )
    return or_(made.exists(), read.exists(), shown.exists())
