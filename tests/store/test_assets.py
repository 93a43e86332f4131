from dataclasses import replace

import pytest
from tests.factories import new_asset

from greenroom.domain.asset import Root
from greenroom.domain.ids import DEFAULT_TENANT, AssetId, BlobHash, TenantId
from greenroom.store import assets, folders

HERE = (DEFAULT_TENANT, Root.OUTPUT, "")


async def add(database, *names, **given):
    made = [new_asset(name, **given) for name in names]
    for asset in made:
        assert await database.write(lambda tx, a=asset: assets.add(tx, a))
    return made


async def test_a_taken_name_is_not_overwritten(database):
    (first,) = await add(database, "a.png")
    second = new_asset("a.png", blob=BlobHash("1" * 64))
    assert not await database.write(lambda tx: assets.add(tx, second))
    assert await database.read(lambda tx: assets.find(tx, *HERE, "a.png")) == first

    await database.write(lambda tx: assets.replace(tx, second))
    assert await database.read(lambda tx: assets.find(tx, *HERE, "a.png")) == second
    assert not await database.read(lambda tx: assets.blob_used(tx, first.blob))
    assert await database.read(lambda tx: assets.blob_used(tx, second.blob))


async def test_a_name_belongs_to_its_tenant_root_and_folder(database):
    await add(database, "a.png")
    await add(database, "a.png", tenant=TenantId("other"))
    await add(database, "a.png", root=Root.INPUT)
    await add(database, "a.png", subfolder="x/y")

    def names(tx):
        return assets.names(tx, DEFAULT_TENANT, Root.OUTPUT)

    assert await database.read(names) == ["a.png", "x/y/a.png"]


async def test_the_mark_of_the_input_folder_changes_with_the_names_at_its_top(database):
    async def mark():
        return await database.read(lambda tx: folders.mark(tx, DEFAULT_TENANT))

    marks = [await mark()]
    (kept,) = await add(database, "b.png", root=Root.INPUT)
    marks.append(await mark())
    (gone,) = await add(database, "a.png", root=Root.INPUT)
    marks.append(await mark())
    await database.write(lambda tx: assets.replace(tx, kept))
    marks.append(await mark())
    found = await database.read(lambda tx: folders.inputs(tx, DEFAULT_TENANT))
    assert found == folders.Inputs(marks[-1], ["a.png", "b.png"])
    await database.write(lambda tx: assets.delete(tx, DEFAULT_TENANT, [gone.id]))
    marks.append(await mark())
    assert len(set(marks)) == len(marks)

    await add(database, "c.png", root=Root.OUTPUT)
    await add(database, "c.png", root=Root.INPUT, subfolder="sub")
    await add(database, "c.png", root=Root.INPUT, tenant=TenantId("other"))
    assert not await database.write(lambda tx: assets.add(tx, new_asset("b.png", root=Root.INPUT)))
    assert await mark() == marks[-1]


@pytest.mark.parametrize("count", [3, 300])
async def test_few_names_and_many_are_found_alike(database, count):
    made = await add(database, *(f"{number}.png" for number in range(1, count)))
    await add(database, "0.png", tenant=TenantId("other"))
    wanted = [(Root.OUTPUT, "", f"{number}.png") for number in range(count)]
    found = await database.read(lambda tx: assets.find_many(tx, DEFAULT_TENANT, wanted))
    assert found == {(Root.OUTPUT, "", asset.name): asset for asset in made}


async def test_existing_names_are_found_in_one_go(database):
    await add(database, *(f"{n}.png" for n in range(300)), root=Root.INPUT)
    wanted = [(Root.INPUT, "", f"{n}.png") for n in range(250, 550)]
    found = await database.read(lambda tx: assets.existing(tx, DEFAULT_TENANT, wanted))
    assert found == set(wanted[:50])


@pytest.mark.parametrize(
    ("names", "stem", "counter"),
    [
        ([], "a", 1),
        (["a_00001_.png", "a_00007_.webp", "b_00009_.png"], "a", 8),
        (["a_b_00003_.png"], "a_b", 4),
        (["a_b_00003_.png"], "a", 1),
        (["a_00002.png"], "a", 3),
        (["a_x_.png", "a.png"], "a", 1),
        (["_00004_.png"], "", 5),
        (["a_123456789012345678901234_.png"], "a", 1),
    ],
)
async def test_the_next_counter_follows_the_highest(database, names, stem, counter):
    await add(database, *names)
    assert await database.read(lambda tx: assets.next_counter(tx, *HERE, stem)) == counter


async def test_the_same_bytes_are_found_in_the_same_folder_only(database):
    (first,) = await add(database, "a.png")
    await add(database, "b.png", created_at=first.created_at + 1)
    await add(database, "c.png", subfolder="x", created_at=first.created_at - 1)
    assert await database.read(lambda tx: assets.find_same(tx, *HERE, first.blob)) == first
    other = BlobHash("9" * 64)
    assert await database.read(lambda tx: assets.find_same(tx, *HERE, other)) is None


async def test_deleted_names_are_free_again(database):
    (one,) = await add(database, "a.png")
    ids = [one.id, AssetId("unknown")]
    assert await database.write(lambda tx: assets.delete(tx, DEFAULT_TENANT, ids)) == [one.id]
    await add(database, "a.png")


async def test_an_asset_comes_back_as_it_was(database):
    (made,) = await add(
        database, "ü_00001_.png", subfolder="s", node_id="9", job_id="j", size=2**40
    )
    found = await database.read(
        lambda tx: assets.find(tx, DEFAULT_TENANT, Root.OUTPUT, "s", made.name)
    )
    assert found == made == replace(found)
