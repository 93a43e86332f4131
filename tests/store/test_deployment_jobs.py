"""The list of a deployment's requests, by states and by tag, on both databases."""

import itertools

import pytest
from tests.factories import job_in
from tests.store import test_query_plans as million

from greenroom.domain.browse import JobSearch, Place
from greenroom.domain.clock import Millis
from greenroom.domain.ids import DEFAULT_TENANT, DeploymentId, TenantId
from greenroom.domain.job import TERMINAL_STATES, JobState
from greenroom.store import browse, deployment_jobs, job_tags

ONE, OTHER = DeploymentId("one"), DeploymentId("other")
STATES = (JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED)


async def request(database, state, *tags, deployment=ONE, **given):
    job = await job_in(database, state, deployment_id=deployment, **given)
    await database.write(lambda tx: job_tags.note(tx, job, tags))
    return job


async def page(database, search, after=None, limit=100, tenant=DEFAULT_TENANT):
    return await database.read(lambda tx: browse.job_page(tx, tenant, search, after, limit))


async def pages(database, search):
    """The ids of all pages of two, and that none holds more."""
    found, place = [], None
    while batch := await page(database, search, place, 2):
        assert len(batch) <= 2
        found += [one.job.id for one in batch]
        place = Place(batch[-1].job.created_at, str(batch[-1].job.seq))
    return found


@pytest.mark.parametrize("few", [0, 5_000])
async def test_every_choice_of_states_and_tag_is_listed_newest_first_page_by_page(
    database, clock, monkeypatch, few
):
    monkeypatch.setattr(deployment_jobs, "_FEW", few)
    made = []
    for number, state in enumerate([*STATES, *reversed(STATES), *STATES]):
        tags = ("a",) if number % 3 == 0 else ("a", "b") if number % 3 == 1 else ()
        made.append((await request(database, state, *tags), state, tags))
        clock.advance(number % 2)
    await request(database, JobState.QUEUED, "a", deployment=OTHER)
    await request(database, JobState.QUEUED, "a", tenant=TenantId("b"))
    choices = [None, frozenset(JobState), TERMINAL_STATES, frozenset({JobState.QUEUED})]
    for states, tag in itertools.product(choices, [None, "a", "b", "c"]):
        expected = [
            job.id
            for job, state, tags in reversed(made)
            if (states is None or state in states) and (tag is None or tag in tags)
        ]
        search = JobSearch(states=states, deployment_id=ONE, tag=tag)
        assert await pages(database, search) == expected


async def test_a_tag_goes_with_times_and_words_and_ends_with_its_job(database, clock):
    old = await request(database, JobState.SUCCEEDED, "a")
    clock.advance(1000)
    new = await request(database, JobState.SUCCEEDED, "a")
    since = JobSearch(deployment_id=ONE, tag="a", created_after=Millis(old.created_at + 1))
    assert [one.job.id for one in await page(database, since)] == [new.id]
    named = JobSearch(deployment_id=ONE, tag="a", text=old.id[:12])
    assert [one.job.id for one in await page(database, named)] == [old.id]
    none = JobSearch(deployment_id=ONE, tag="b", text=old.id[:12])
    assert await page(database, none) == []
    await database.write(lambda tx: million.jobs.delete(tx, DEFAULT_TENANT, [old.id]))
    assert await pages(database, JobSearch(deployment_id=ONE, tag="a")) == [new.id]


@pytest.mark.slow
@pytest.mark.parametrize("tag", [None, "a"])
@pytest.mark.parametrize("states", [None, TERMINAL_STATES, frozenset({JobState.FAILED})])
async def test_no_list_of_many_requests_walks_all_or_sorts_them(database, states, tag):
    await database.write(million.fill)
    await database.write(lambda tx: tx.execute(million.text("UPDATE jobs SET deployment_id='one'")))
    search = JobSearch(states=states, deployment_id=ONE, tag=tag)

    def read(tx):
        deployment_jobs.newest(tx, DEFAULT_TENANT, search, None, 50)

    for plan in await million.core_plans(database, read):
        assert million.table_scans([plan]) == [], plan
        assert "ix_job" in plan
