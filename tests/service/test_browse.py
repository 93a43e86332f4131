"""Searches over many jobs, in bounded steps."""

import json

import pytest
from tests.factories import insert_job

from greenroom.domain.browse import JobSearch
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.service import browse
from greenroom.service.browse import Browse

ME = Principal()


def graph(text):
    return json.dumps({"1": {"class_type": "LoadImage", "inputs": {"image": text}}}).encode()


async def add(database, *texts):
    """A job for each text; the last is the newest."""
    now = database.clock.now()
    return await database.write(
        lambda tx: [insert_job(tx, now, JobState.SUCCEEDED, prompt=graph(one)).id for one in texts]
    )


async def test_a_search_steps_over_jobs_that_only_have_an_input_of_that_name(database, monkeypatch):
    monkeypatch.setattr(browse, "_BATCH", 3)
    oldest, *_, newest = await add(database, "an image", *["owl.png"] * 7, "Image of a cat")
    found = await Browse(database).jobs(ME, JobSearch(text="image"), None, 10)
    assert ([one.job.id for one in found.jobs], found.next) == ([newest, oldest], None)
    first = await Browse(database).jobs(ME, JobSearch(text="image"), None, 1)
    rest = await Browse(database).jobs(ME, JobSearch(text="image"), first.next, 1)
    assert [one.job.id for one in (*first.jobs, *rest.jobs)] == [newest, oldest]


@pytest.mark.parametrize("reach", [1, 2, 3, 9])
async def test_a_search_looks_at_few_jobs_at_a_time_and_still_at_all(database, monkeypatch, reach):
    monkeypatch.setattr(browse, "_REACH", reach)
    oldest, *_, newest = await add(database, "an owl", *["a dog"] * 6, "two owls")
    found = await Browse(database).jobs(ME, JobSearch(text="owl"), None, 1)
    rest = await Browse(database).jobs(ME, JobSearch(text="owl"), found.next, 1)
    assert [one.job.id for one in (*found.jobs, *rest.jobs)] == [newest, oldest]
    assert rest.next is None


async def test_a_search_that_finds_little_says_where_it_goes_on(database, monkeypatch):
    monkeypatch.setattr(browse, "_BATCH", 2)
    monkeypatch.setattr(browse, "_MOST_DECODED", 4)
    oldest, *_ = await add(database, "an image", *["owl.png"] * 6)
    place, rounds, found = None, 0, []
    while rounds == 0 or place is not None:
        page = await Browse(database).jobs(ME, JobSearch(text="image"), place, 10)
        place, rounds, found = page.next, rounds + 1, [*found, *page.jobs]
    assert ([one.job.id for one in found], rounds) == ([oldest], 2)
