"""The hot statements stay on their indexes when there are 100,000 jobs."""

import re

import pytest
from sqlalchemy import text
from tests.factories import WORKER

from greenroom.domain.browse import Place
from greenroom.domain.ids import DEFAULT_TENANT, JobId
from greenroom.domain.job import JobState
from greenroom.domain.record import JobFilter, JobSort
from greenroom.store import jobs, leases, statement, transitions
from greenroom.store.dialect import Dialect

pytestmark = pytest.mark.slow

COUNT = 100_000
WAITING = 2_000
RUNNING = 50
TENANT = DEFAULT_TENANT
NOW = 1_800_000_000_000

_ROWS = f"""
    INSERT INTO jobs (seq, id, tenant, state, number, created_at, workflow_id, lease, lease_until,
                      started_at, finished_at)
    SELECT n, 'job-' || n, '{TENANT}',
           CASE WHEN n <= {WAITING} THEN 'queued' WHEN n <= {WAITING + RUNNING} THEN 'running'
                ELSE 'succeeded' END,
           n, {NOW} + n, 'workflow-' || (n % 100),
           CASE WHEN n > {WAITING} AND n <= {WAITING + RUNNING} THEN 'x' END,
           CASE WHEN n > {WAITING} AND n <= {WAITING + RUNNING} THEN n END,
           n, CASE WHEN n > {WAITING + RUNNING} THEN {NOW} + n END
"""
_PAYLOADS = """
    INSERT INTO job_payloads (job_id, tenant, prompt, extra_data, outputs_to_execute, digest)
    SELECT id, tenant, 'x', 'x', '[]', 'd' FROM jobs
"""
_NUMBERS = {
    Dialect.SQLITE: (
        f"FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {COUNT}) "
        "SELECT n FROM c)"
    ),
    Dialect.POSTGRESQL: f"FROM generate_series(1, {COUNT}) AS n",
}


def fill(tx):
    tx.execute(text(_ROWS + _NUMBERS[Dialect(tx.dialect.name)]))
    tx.execute(text(_PAYLOADS))


class Explainer:
    """Stands between the store and the driver, and notes the plan of every statement."""

    def __init__(self, raw, dialect):
        self._raw = raw
        self._prefix = "EXPLAIN QUERY PLAN " if dialect is Dialect.SQLITE else "EXPLAIN "
        self.plans = []

    def execute(self, sql, values=()):
        self.note(sql, values)
        return self._raw.execute(sql, values)

    def note(self, sql, values):
        rows = self._raw.execute(self._prefix + sql, values).fetchall()
        self.plans.append("\n".join(str(row[-1]) for row in rows))


SCANS = re.compile(r"\bSCAN (?!CONSTANT|picked|place|anon)(\w+)(?! USING)|Seq Scan on (\w+)")
INDEXES = re.compile(r"ix_jobs_\w+")
SORTS = re.compile(r"USE TEMP B-TREE FOR ORDER BY|^\s*(?:->\s*)?Sort\b", re.MULTILINE)


async def plans(database, work):
    """The plans of all statements that `work` sends; nothing of it is kept."""

    def explained(tx):
        seen = Explainer(statement.driver(tx), database.dialect)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(statement, "driver", lambda _tx: seen)
            work(tx)
        return seen.plans

    return await database.write(explained)


async def core_plans(database, work):
    """The same for statements that SQLAlchemy itself runs."""
    from sqlalchemy import event

    def explained(tx):
        seen = Explainer(statement.driver(tx), database.dialect)

        def note(_conn, _cursor, sql, values, _context, _many):
            seen.note(sql, values)

        event.listen(tx, "before_cursor_execute", note)
        work(tx)
        event.remove(tx, "before_cursor_execute", note)
        return seen.plans

    return await database.write(explained)


def table_scans(plans_):
    found = [a or b for plan in plans_ for a, b in SCANS.findall(plan)]
    return [table for table in found if table == "jobs"]


def sorts(plans_):
    return [plan for plan in plans_ if SORTS.search(plan)]


async def test_hot_statements_use_their_indexes(database):
    await database.write(fill)
    await database.write(lambda tx: tx.execute(text("ANALYZE")))

    for number in (1, WAITING // 2, WAITING):
        job = await database.read(lambda tx, n=number: jobs.get(tx, TENANT, JobId(f"job-{n}")))
        assert await database.read(lambda tx, j=job: jobs.position_of(tx, j)) == number - 1
        (place,) = await plans(database, lambda tx, j=job: jobs.position_of(tx, j))
        assert "ix_jobs_place" in place
        assert set(INDEXES.findall(place)) <= {"ix_jobs_place", "ix_jobs_claim"}, place

    one = JobId("job-77777")
    for work in (
        lambda tx: transitions.claim(tx, WORKER, 1, 1000, NOW),
        lambda tx: jobs.get(tx, TENANT, one),
        lambda tx: jobs.details(tx, TENANT, one),
        lambda tx: leases.expired(tx, 10, 10),
        lambda tx: leases.extend(tx, "x", one, NOW, NOW),
    ):
        found = await plans(database, work)
        assert found
        assert table_scans(found) == [], found

    (claim, *_) = await plans(database, lambda tx: transitions.claim(tx, WORKER, 1, 1000, NOW))
    assert "ix_jobs_claim" in claim
    assert sorts([claim]) == []


async def test_lists_and_history_are_read_in_index_order(database):
    await database.write(fill)
    if database.dialect is Dialect.SQLITE:  # it is never analyzed where it serves
        await require_merged_lists(database)
    await database.write(lambda tx: tx.execute(text("ANALYZE")))
    await require_merged_lists(database)
    done = JobFilter(states=frozenset({JobState.SUCCEEDED}))
    for work, index in (
        (lambda tx: jobs.list_page(tx, TENANT, limit=50), "ix_jobs_created"),
        (lambda tx: jobs.list_page(tx, TENANT, done, limit=50), "ix_jobs_"),
        (lambda tx: jobs.list_page(tx, TENANT, JobFilter(workflow_id="workflow-7"), limit=50),
         "ix_jobs_workflow"),
    ):  # fmt: skip
        *_, page = await core_plans(database, work)
        assert index in page
        assert table_scans([page]) == []
        assert sorts([page]) == [], page

    ended_badly = JobFilter(states=frozenset({JobState.FAILED, JobState.LOST, JobState.EXPIRED}))
    *_, page = await core_plans(
        database, lambda tx: jobs.list_page(tx, TENANT, ended_badly, limit=50)
    )
    assert page.count("ix_jobs_state") == 3
    assert "ix_jobs_created" not in page

    found = await core_plans(database, lambda tx: jobs.history(tx, TENANT, 50))
    assert table_scans(found) == []
    assert "ix_jobs_finished" in found[0]


async def require_merged_lists(database):
    """One ordered walk for each state; PostgreSQL may take a common state's from all jobs."""
    ended = JobFilter(states=frozenset({JobState.SUCCEEDED, JobState.FAILED}))
    place = Place(NOW + COUNT, "7")
    for work, index, walks in (
        (lambda tx: jobs.list_page(tx, TENANT, ended, limit=50), "ix_jobs_state", 2),
        (lambda tx: jobs.list_after(tx, TENANT, ended, place, descending=True, limit=50),
         "ix_jobs_state", 2),
        (lambda tx: jobs.list_page(tx, TENANT, ended, JobSort.DURATION, limit=50),
         "ix_jobs_duration", 2),
        (lambda tx: jobs.list_page(tx, TENANT, sort=JobSort.DURATION, limit=50),
         "ix_jobs_duration", len(JobState)),
    ):  # fmt: skip
        *_, page = await core_plans(database, work)
        walked = INDEXES.findall(page)
        assert len(walked) == walks, page
        assert index in walked, page
        assert table_scans([page]) == []
        if database.dialect is Dialect.SQLITE:
            assert set(walked) == {index}, page
