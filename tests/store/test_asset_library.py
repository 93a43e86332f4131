"""Assets by tags, name and metadata, on both databases."""

from dataclasses import replace

import pytest
from tests.factories import new_asset

from greenroom.domain.asset import Root
from greenroom.domain.asset_query import AssetQuery, AssetSort
from greenroom.domain.clock import Millis
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.store import asset_library, assets

NOW = Millis(1_000)


async def put(database, name, **given):
    asset = new_asset(name, **{"root": Root.INPUT} | given)
    assert await database.write(lambda tx: assets.add(tx, asset))
    return asset


@pytest.fixture
async def shelf(database):
    """Three assets of ours, one of somebody else, and one whose time is over."""
    await put(database, "a.png", tags=("red", 'a "quoted" one'), metadata={"n": 1, "who": "me"})
    await put(database, "B.png", tags=("red", "blue"), size=20, metadata={"n": 2})
    await put(database, "c_100%.png", root=Root.OUTPUT, tags=(), size=30)
    await put(database, "foreign.png", tags=("red",), tenant=TenantId("other"))
    await put(database, "over.png", tags=("red",), expires_at=Millis(999))
    return database


async def names(database, query, sort=AssetSort.NAME, **page):
    page = {"descending": False, "limit": 10, "offset": 0} | page
    found, total = await database.read(
        lambda tx: asset_library.page(tx, DEFAULT_TENANT, query, NOW, sort, **page)
    )
    return [asset.name for asset in found], total


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (AssetQuery(), ["a.png", "B.png", "c_100%.png"]),
        (AssetQuery(with_tags=("red",)), ["a.png", "B.png"]),
        (AssetQuery(with_tags=("red", "blue")), ["B.png"]),
        (AssetQuery(with_tags=("re",)), []),
        (AssetQuery(with_tags=("RED",)), []),
        (AssetQuery(with_tags=("quoted",)), []),
        (AssetQuery(with_tags=('a "quoted" one',)), ["a.png"]),
        (AssetQuery(with_tags=("output",)), ["c_100%.png"]),
        (AssetQuery(without_tags=("blue", "output")), ["a.png"]),
        (AssetQuery(name="b.P"), ["B.png"]),
        (AssetQuery(name="0%"), ["c_100%.png"]),
        (AssetQuery(name="_"), ["c_100%.png"]),
        (AssetQuery(metadata={"n": 1}), ["a.png"]),
        (AssetQuery(metadata={"n": "1"}), []),
        (AssetQuery(metadata={"n": 1, "who": "you"}), []),
        (AssetQuery(metadata={"absent": None}), []),
    ],
    ids=str,
)
async def test_queries_find_what_they_ask_for(shelf, query, wanted):
    found, total = await names(shelf, query)
    assert (found, total) == (wanted, len(wanted))


async def test_pages_follow_the_order_and_know_how_many_there_are(shelf):
    by_size = {"sort": AssetSort.SIZE, "descending": True, "limit": 1}
    pages = [await names(shelf, AssetQuery(), offset=n, **by_size) for n in range(4)]
    assert pages == [(["c_100%.png"], 3), (["B.png"], 3), (["a.png"], 3), ([], 3)]
    one = await names(shelf, AssetQuery(metadata={"n": 2}), offset=1)
    assert one == ([], 1)


async def test_tags_are_counted_with_the_roots(shelf):
    def counts(query):
        return lambda tx: dict(asset_library.tag_counts(tx, DEFAULT_TENANT, query, NOW))

    assert await shelf.read(counts(AssetQuery())) == {
        "red": 2, "blue": 1, 'a "quoted" one': 1, "input": 2, "output": 1,
    }  # fmt: skip
    assert await shelf.read(counts(AssetQuery(metadata={"n": 2}))) == {
        "red": 1, "blue": 1, "input": 1,
    }  # fmt: skip


async def test_what_an_owner_says_is_changed_and_the_rest_stays(database):
    asset = await put(database, "x.png")
    new = replace(
        asset, file_path="y.png", tags=("t",), metadata={"a": [1]}, updated_at=NOW, size=99
    )
    await database.write(lambda tx: asset_library.change(tx, new))
    (found,) = await database.read(lambda tx: assets.get_many(tx, DEFAULT_TENANT, [asset.id]))
    assert found == replace(new, size=asset.size)
