"""A hundred thousand finished jobs: one, and copies of it."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor

from tests.factories import insert_job
from tests.fakes.clock import FakeClock

from greenroom.domain.job import JobState
from greenroom.store.database import Database

JOBS = 100_000


def fill(path):
    """One finished job, and copies of it."""

    async def first():
        database = await Database.open(f"sqlite:///{path}", FakeClock())
        job = await database.write(
            lambda tx: insert_job(tx, database.clock.now(), JobState.SUCCEEDED)
        )
        await database.close()
        return job.id

    # The browser keeps an event loop in this thread.
    with ThreadPoolExecutor(1) as thread:
        original = thread.submit(asyncio.run, first()).result()
    with sqlite3.connect(path) as database:
        for table, key in (("jobs", "id"), ("job_payloads", "job_id")):
            _copy(database, table, key, original)
        database.execute("UPDATE jobs SET created_at = 1600000000000 WHERE id = ?", [original])
    database.close()


def _copy(database, table, key, original):
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    changed = {
        "seq": "100 + n",
        "created_at": "1600000000000 + n",
        key: "printf('%08x-0000-4000-8000-000000000000', n)",
    }
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    database.execute(
        f"WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < ?) "
        f"INSERT INTO {table} ({quoted}) SELECT {values} FROM {table}, count WHERE {key} = ?",
        (JOBS, original),
    )
