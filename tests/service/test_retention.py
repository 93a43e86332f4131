"""What retention forgets, and what it leaves."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.factories import job_in, new_asset
from tests.settling import all_events, settle

from greenroom.assets.blobs import BlobStore
from greenroom.assets.sweep import Sweep
from greenroom.assets.tree import NamedTree
from greenroom.domain.asset import Root
from greenroom.domain.ids import BlobHash
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.service.asset_records import AssetRecords, Wish
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.retention import Limits, Retention
from greenroom.store import asset_shares, job_inputs
from greenroom.store import assets as asset_rows
from greenroom.store.database import Database

CALLER = Principal()
DAY = 86_400_000


class Bytes:
    def __init__(self, data):
        self.data = data

    async def __aiter__(self):
        yield self.data


@dataclass
class Kept:
    database: Database
    folder: Path
    blobs: BlobStore
    records: AssetRecords

    def retention(self, **limits):
        keys = IdempotencyKeys(self.database)
        tree = NamedTree(self.folder, self.blobs)
        return Retention(self.database, tree, Sweep(self.folder / "b"), keys, Limits(**limits))

    async def upload(self, data, path="a.bin", **wish):
        minted = await self.records.upload(CALLER, Wish(path, **wish), Bytes(data))
        return minted.asset

    async def add(self, name, **given):
        given = {"created_at": self.database.clock.now(), **given}
        asset = new_asset(name, **given)
        assert await self.database.write(lambda tx: asset_rows.add(tx, asset))
        return asset

    async def names(self, root=Root.OUTPUT):
        return await self.database.read(lambda tx: asset_rows.names(tx, CALLER.tenant, root))

    def files(self):
        found = (path for path in (self.folder / "b").rglob("*") if path.is_file())
        return sorted(path.name for path in found)

    async def age(self, asset):
        """Make the bytes look as if they had been stored long ago."""
        await asyncio.to_thread(os.utime, self.blobs.local_path(asset.blob), (1, 1))


@pytest.fixture
async def kept(database, tmp_path):
    blobs = await asyncio.to_thread(BlobStore, tmp_path / "b")
    keys = IdempotencyKeys(database)
    return Kept(
        database, tmp_path, blobs, AssetRecords(database, blobs, NamedTree(tmp_path, blobs), keys)
    )


async def test_expired_assets_are_forgotten_and_their_bytes_removed(kept, clock):
    asset = await kept.upload(b"short", lifetime_ms=60_000)
    stays = await kept.upload(b"long", "b.bin")
    await kept.age(asset)
    await kept.age(stays)
    clock.advance(60_001)

    assert await kept.retention().forget_assets() == 1
    assert await kept.names(Root.INPUT) == ["b.bin"]
    assert not (kept.folder / "input" / "a.bin").exists()
    assert await kept.retention().sweep_bytes() == 1
    assert kept.files() == [stays.blob]


async def test_bytes_that_another_record_points_to_stay(kept, clock):
    short = await kept.upload(b"shared", lifetime_ms=60_000)
    await kept.upload(b"shared", "b.bin")
    await kept.age(short)
    clock.advance(60_001)

    await kept.retention().forget_assets()
    assert await kept.retention().sweep_bytes() == 0
    assert kept.files() == [short.blob]


async def test_bytes_that_were_stored_lately_stay_without_a_record(kept, clock):
    stored = await kept.blobs.put_stream(Bytes(b"the record comes in a moment"))
    path = kept.blobs.local_path(stored.hash)
    now = clock.now() / 1000
    await asyncio.to_thread(os.utime, path, (now, now))

    assert await kept.retention().sweep_bytes() == 0
    assert kept.files() == [stored.hash]


async def test_an_upload_of_bytes_that_a_sweep_is_about_to_take_keeps_them(kept, clock):
    stored = await kept.blobs.put_stream(Bytes(b"old"))
    path = kept.blobs.local_path(stored.hash)
    await asyncio.to_thread(os.utime, path, (1, 1))
    sweep = Sweep(kept.folder / "b")
    chosen = await asyncio.to_thread(lambda: list(sweep.aged(clock.now())))
    assert chosen == [stored.hash]

    now = clock.now() / 1000 + 1
    await kept.blobs.put_stream(Bytes(b"old"))
    await asyncio.to_thread(os.utime, path, (now, now))

    assert not await asyncio.to_thread(sweep.set_aside, stored.hash, clock.now())
    assert kept.files() == [stored.hash]


async def test_an_upload_of_bytes_that_were_taken_aside_stores_its_own(kept, clock):
    stored = await kept.blobs.put_stream(Bytes(b"old"))
    await asyncio.to_thread(os.utime, kept.blobs.local_path(stored.hash), (1, 1))
    sweep = Sweep(kept.folder / "b")
    assert await asyncio.to_thread(sweep.set_aside, stored.hash, clock.now())

    asset = await kept.upload(b"old")
    await asyncio.to_thread(sweep.remove, stored.hash)
    assert await asyncio.to_thread(kept.blobs.local_path(asset.blob).read_bytes) == b"old"


async def test_what_an_interrupted_sweep_left_aside_is_decided_by_the_next(kept, clock):
    asset = await kept.upload(b"mine")
    orphan = await kept.blobs.put_stream(Bytes(b"nobody's"))
    sweep = Sweep(kept.folder / "b")
    for blob in (asset.blob, orphan.hash):
        await asyncio.to_thread(os.utime, kept.blobs.local_path(blob), (1, 1))
        assert await asyncio.to_thread(sweep.set_aside, blob, clock.now())

    assert await kept.retention().sweep_bytes() == 1
    assert await asyncio.to_thread(kept.blobs.local_path(asset.blob).read_bytes) == b"mine"
    assert kept.files() == [asset.blob]


async def test_temporary_files_go_after_a_day_and_others_stay(kept, clock):
    await kept.add("t.png", root=Root.TEMP)
    await kept.add("o.png")
    await kept.add("i.png", root=Root.INPUT)
    clock.advance(DAY + 1)
    await kept.add("fresh.png", root=Root.TEMP)

    assert await kept.retention().forget_assets() == 1
    assert await kept.names(Root.TEMP) == ["fresh.png"]
    assert await kept.names() == ["o.png"]
    assert await kept.names(Root.INPUT) == ["i.png"]


async def test_outputs_over_the_age_go_and_inputs_stay(kept, clock):
    await kept.add("old.png")
    await kept.add("in.png", root=Root.INPUT)
    clock.advance(7 * DAY + 1)
    await kept.add("new.png")

    assert await kept.retention(age_ms=7 * DAY).forget_assets() == 1
    assert await kept.names() == ["new.png"]
    assert await kept.names(Root.INPUT) == ["in.png"]


async def test_the_oldest_outputs_go_until_the_rest_fits(kept, clock):
    for number in range(5):
        clock.advance(1000)
        await kept.add(f"{number}.png", size=100, blob=BlobHash(f"{number}" * 64))
    clock.advance(1000)

    assert await kept.retention(total_bytes=250).forget_assets() == 3
    assert await kept.names() == ["3.png", "4.png"]


async def test_bytes_under_two_names_count_once(kept, clock):
    for name in ("a.png", "b.png"):
        await kept.add(name, size=100, blob=BlobHash("7" * 64))
    clock.advance(1000)
    assert await kept.retention(total_bytes=100).forget_assets() == 0


async def test_what_an_unfinished_job_reads_shows_or_made_stays(kept, clock):
    shown = await kept.add("shown.png")
    read = await kept.upload(b"read", lifetime_ms=60_000)
    running = await job_in(kept.database, JobState.RUNNING)
    await kept.add("made.png", job_id=running.id)
    await kept.database.write(lambda tx: job_inputs.note(tx, running.id, read.id))
    await kept.database.write(lambda tx: asset_shares.add(tx, CALLER.tenant, shown.id, running.id))
    clock.advance(10 * DAY)

    assert await kept.retention(age_ms=DAY, total_bytes=0).forget_assets() == 0
    assert await kept.names() == ["made.png", "shown.png"]


async def test_without_limits_outputs_stay_for_ever(kept, clock):
    await kept.add("o.png")
    clock.advance(10_000 * DAY)
    assert await kept.retention().forget_assets() == 0


async def test_old_events_are_trimmed_and_the_newest_stays(kept, clock):
    for _ in range(3):
        await job_in(kept.database)
    clock.advance(31 * DAY)
    newest = await job_in(kept.database)
    clock.advance(31 * DAY)

    await settle(kept.database)
    await kept.retention().forget_records()
    assert [change.job.id for change in await all_events(kept.database)] == [newest.id]


async def test_two_servers_may_do_it_at_once(kept, clock):
    for number in range(20):
        await kept.add(f"{number}.png", root=Root.TEMP)
    clock.advance(DAY + 1)
    counts = await asyncio.gather(*(kept.retention().forget_assets() for _ in range(3)))
    assert sum(counts) == 20
    assert await kept.names(Root.TEMP) == []
