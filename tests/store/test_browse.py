"""Pages of jobs and files, and the order of the queue."""

from tests.factories import insert_job, new_asset

from greenroom.domain.browse import AssetSearch, JobSearch, Place
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.job import JobState
from greenroom.store import assets, browse, queue_order

CAT = b'{"1":{"class_type":"CLIPTextEncode","inputs":{"text":"a Cat, 50% gr\\u00fcn"}}}'


async def _jobs(database, *states, **given):
    now = database.clock.now()
    return await database.write(
        lambda tx: [insert_job(tx, now, state, **given).id for state in states]
    )


async def _page(database, search=None, after=None, limit=10):
    found = await database.read(
        lambda tx: browse.job_page(tx, DEFAULT_TENANT, search or JobSearch(), after, limit)
    )
    return [detail.job for detail in found]


async def test_pages_of_jobs_follow_each_other_without_gap_or_repeat(database):
    ids = await _jobs(database, *[JobState.QUEUED] * 7)
    first = await _page(database, limit=4)
    last = first[-1]
    rest = await _page(database, after=Place(last.created_at, str(last.seq)), limit=4)
    assert [job.id for job in first + rest] == ids[::-1]


async def test_jobs_are_found_by_state_text_and_the_start_of_their_id(database):
    (cat,) = await _jobs(database, JobState.FAILED, prompt=CAT)
    await _jobs(database, JobState.QUEUED, JobState.SUCCEEDED)

    async def found(**search):
        return [job.id for job in await _page(database, JobSearch(**search))]

    assert await found(states=frozenset({JobState.FAILED})) == [cat]
    assert await found(text="a cat") == [cat]
    assert await found(text="A Cat") == [cat]
    assert await found(text="50% grün") == [cat]
    assert await found(text="50_") == []
    assert await found(text=cat[:12]) == [cat]
    assert await found(created_after=database.clock.now() + 1) == []


async def test_other_tenants_jobs_are_on_no_page(database):
    await _jobs(database, JobState.QUEUED, tenant=TenantId("other"))
    assert await _page(database) == []


async def _waiting(database):
    found, total = await database.read(lambda tx: browse.waiting(tx, DEFAULT_TENANT, 10))
    assert total == len(found)
    return [detail.job.id for detail in found]


async def test_waiting_jobs_are_moved_to_the_front_and_between_others(database):
    a, b, c, d = await _jobs(database, *[JobState.QUEUED] * 4)
    await database.write(lambda tx: queue_order.place(tx, DEFAULT_TENANT, [c, d], None))
    assert await _waiting(database) == [c, d, a, b]
    await database.write(lambda tx: queue_order.place(tx, DEFAULT_TENANT, [b], d))
    assert await _waiting(database) == [c, b, d, a]


async def test_a_job_that_runs_is_not_moved(database):
    (running,) = await _jobs(database, JobState.RUNNING)
    moved = await database.write(lambda tx: queue_order.place(tx, DEFAULT_TENANT, [running], None))
    assert moved == 0


async def test_files_are_found_by_kind_name_and_job(database):
    made = [
        new_asset("cat.png", id="a1", job_id="j1"),
        new_asset("cat.mp4", id="a2", mime="video/mp4", subfolder="films"),
        new_asset("dog.png", id="a3"),
        new_asset("end.mp4", id="a4", subfolder="films/final"),
        new_asset("other.mp4", id="a5", subfolder="films2"),
    ]
    await database.write(lambda tx: [assets.add(tx, asset) for asset in made])

    async def found(after=None, limit=10, **search):
        page = await database.read(
            lambda tx: browse.asset_page(tx, DEFAULT_TENANT, AssetSearch(**search), after, limit)
        )
        return [asset.id for asset in page]

    assert await found() == ["a5", "a4", "a3", "a2", "a1"]
    assert await found(kind="video") == ["a2"]
    assert await found(text="CAT") == ["a2", "a1"]
    assert await found(subfolder="films") == ["a4", "a2"]
    assert await found(subfolder="") == ["a3", "a1"]
    assert await found(job_id="j1") == ["a1"]
    assert await found(after=Place(made[0].created_at, "a3"), limit=1) == ["a2"]
