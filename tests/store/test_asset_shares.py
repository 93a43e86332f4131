"""A file that two jobs show outlives the first of them that is deleted."""

from tests.factories import job_in, new_asset

from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.domain.job import JobState
from greenroom.store import asset_shares, assets


async def shown_by_two(database):
    maker, sharer = [await job_in(database, JobState.SUCCEEDED) for _ in range(2)]
    asset = new_asset("a.png", job_id=maker.id)

    def write(tx):
        assets.add(tx, asset)
        asset_shares.add(tx, DEFAULT_TENANT, asset.id, sharer.id)
        asset_shares.add(tx, DEFAULT_TENANT, asset.id, sharer.id)

    await database.write(write)
    return maker, sharer, asset


async def pass_on(database, job):
    own = await database.write(lambda tx: asset_shares.pass_on(tx, DEFAULT_TENANT, job.id))
    return [asset.id for asset in own]


async def test_a_shared_file_becomes_that_of_the_job_that_is_left(database):
    maker, sharer, asset = await shown_by_two(database)
    assert await pass_on(database, maker) == []
    assert await pass_on(database, sharer) == [asset.id]


async def test_giving_up_a_share_leaves_the_file_with_its_maker(database):
    maker, sharer, asset = await shown_by_two(database)
    assert await pass_on(database, sharer) == []
    assert await pass_on(database, maker) == [asset.id]
