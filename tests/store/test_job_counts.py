"""The kept numbers of jobs are always those that counting would give."""

import asyncio

from sqlalchemy import func, select
from tests import factories

from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.domain.job import JobState
from greenroom.store import job_counts, jobs
from greenroom.store.tables import jobs as job_table


async def counted(database):
    """What counting the rows gives: state -> jobs."""

    def count(tx):
        query = select(job_table.c.state, func.count()).group_by(job_table.c.state)
        return {JobState(state): number for state, number in tx.execute(query)}

    return await database.read(count)


async def kept(database):
    def read(tx):
        return {
            state: number
            for state in JobState
            if (number := job_counts.in_states(tx, DEFAULT_TENANT, [state]))
        }

    return await database.read(read)


async def test_every_state_is_counted_as_jobs_come_move_and_go(database):
    for state in JobState:
        await factories.job_in(database, state)
    assert await kept(database) == await counted(database) == dict.fromkeys(JobState, 1)
    gone = await database.read(lambda tx: jobs.finished_ids(tx, DEFAULT_TENANT, 2))
    await database.write(lambda tx: jobs.delete(tx, DEFAULT_TENANT, gone))
    assert await kept(database) == await counted(database)
    assert sum((await kept(database)).values()) == len(JobState) - 2


async def test_many_writers_at_once_are_all_counted(database):
    await asyncio.gather(
        *(factories.job_in(database, state) for state in (JobState.QUEUED, JobState.FAILED) * 10)
    )
    assert await kept(database) == {JobState.QUEUED: 10, JobState.FAILED: 10}
