"""Cancels at any moment, while workers claim, run and finish: only the canceled jobs stop."""

import asyncio
import random

from tests.fakes import scripted_engine
from tests.fakes.scripted_engine import ScriptedEngine
from tests.worker.conftest import CALLER

from greenroom.domain.job import JobState
from greenroom.engine.base import Interrupted

JOBS = 300


async def wander(engine, run, sink):
    """Let others go on for a while, and heed a stop on the way."""
    for _ in range(random.Random(run.job_id).randrange(40)):
        await asyncio.sleep(0)
        if engine.interrupted[run.job_id].is_set():
            raise Interrupted({"node_id": "1", "node_type": "Paint", "executed": []})
    return await scripted_engine.paint(engine, run, sink)


async def test_a_cancel_at_any_moment_stops_its_own_job_or_nothing(installation, tmp_path):
    dice = random.Random(5)
    engines = [ScriptedEngine(tmp_path / str(number), wander) for number in range(2)]
    jobs = [await installation.submit() for _ in range(JOBS)]
    asked = set()

    async def cancel_some():
        for job in dice.sample(jobs, JOBS // 3):
            for _ in range(dice.randrange(60)):
                await asyncio.sleep(0)
            if await installation.jobs.cancel(CALLER, job.id):
                asked.add(job.id)

    async with (
        installation.worker(engines[0], slots=4),
        installation.worker(engines[1], slots=4),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(cancel_some())
        ended = [await installation.ended(job.id) for job in jobs]
    stopped = {job_id for engine in engines for job_id, flag in engine.interrupted.items()
               if flag.is_set()}  # fmt: skip
    assert stopped <= asked
    assert {job.state for job in ended if job.id not in asked} == {JobState.SUCCEEDED}
    assert {job.state for job in ended if job.id in asked} <= {
        JobState.CANCELED, JobState.SUCCEEDED,
    }  # fmt: skip
    runs = [run.job_id for engine in engines for run in engine.runs]
    assert len(runs) == len(set(runs))
