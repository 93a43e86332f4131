"""Bytes that come in piece by piece: written once, hashed on the way, gone if nobody takes them."""

import asyncio
import os

import pytest
from blake3 import blake3

from greenroom.assets.blobs import BlobStore
from greenroom.assets.landing import Landing
from greenroom.assets.pieces import Pieces
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import BlobHash

MIB = 1024 * 1024


@pytest.fixture
def blobs(tmp_path):
    return BlobStore(tmp_path / "blobs")


def unfinished(blobs):
    return list(blobs._incoming.iterdir())


async def landed(blobs, data, step=300_000):
    landing = blobs.land()
    for start in range(0, len(data), step):
        await landing.add(data[start : start + step])
    await landing.end()
    return landing


async def in_steps(data, step=300_000):
    for start in range(0, len(data), step):
        yield data[start : start + step]


@pytest.mark.parametrize("size", [0, 5, MIB, MIB + 1, 40 * MIB + 7])
async def test_what_has_landed_becomes_a_blob_of_the_same_bytes(blobs, size):
    data = os.urandom(size)
    landing = await landed(blobs, data)
    assert b"".join([chunk async for chunk in landing]) == data
    stored = await blobs.put_stream(landing)
    assert (stored.size, stored.hash) == (size, blake3(data).hexdigest())
    assert blobs.local_path(stored.hash).read_bytes() == data
    landing.file.seek(0)
    assert landing.file.read() == data
    await landing.close()
    assert unfinished(blobs) == []
    assert blobs.local_path(stored.hash).read_bytes() == data


async def test_a_large_file_is_written_once_and_a_small_one_not_before_it_is_wanted(blobs):
    small, large = await landed(blobs, b"small"), await landed(blobs, bytes(3 * MIB))
    (path,) = unfinished(blobs)
    inode = path.stat().st_ino
    stored = await blobs.put_stream(large)
    assert blobs.local_path(stored.hash).stat().st_ino == inode
    for landing in (small, large):
        await landing.close()
    assert unfinished(blobs) == []


async def test_other_bytes_than_the_expected_ones_are_not_kept(blobs):
    landing = await landed(blobs, bytes(3 * MIB))
    with pytest.raises(AppError) as refused:
        await blobs.put_stream(landing, BlobHash("ab" * 32))
    assert refused.value.code is ErrorCode.HASH_MISMATCH
    await landing.close()
    assert [path for path in blobs._folder.rglob("*") if path.is_file()] == []


async def test_bytes_that_are_kept_already_are_kept_once(blobs):
    for _ in range(2):
        landing = await landed(blobs, bytes(2 * MIB))
        await blobs.put_stream(landing)
        await landing.close()
    assert len([path for path in blobs._folder.rglob("*") if path.is_file()]) == 1


async def test_an_upload_that_breaks_off_in_the_middle_of_a_write_leaves_nothing(blobs):
    landing = blobs.land()
    await landing.add(bytes(3 * MIB))
    adding = asyncio.create_task(landing.add(bytes(30 * MIB)))
    asyncio.get_running_loop().call_soon(adding.cancel)
    await asyncio.gather(adding, return_exceptions=True)
    await landing.close()
    assert unfinished(blobs) == []


async def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    landing = Landing(tmp_path / "nowhere")
    with pytest.raises(AppError) as refused:
        await landing.add(bytes(2 * MIB))
    assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE
    await landing.close()


async def test_a_disk_that_is_full_is_told(tmp_path):
    landing = Landing(tmp_path)
    landing._path = tmp_path / "full"
    landing._path.symlink_to("/dev/full")
    await landing.add(bytes(2 * MIB))
    with pytest.raises(AppError) as refused:
        await landing.end()
    assert refused.value.code is ErrorCode.STORAGE_FULL
    await landing.close()


async def test_pieces_that_come_in_several_requests_make_one_blob(blobs):
    data, pieces = os.urandom(20 * MIB), Pieces(blobs)
    digest = BlobHash(blake3(data).hexdigest())
    half = 9 * MIB + 1
    assert await pieces.add(digest, len(data), 0, in_steps(data[:half])) == half
    assert await pieces.add(digest, len(data), half, in_steps(data[half:])) is None
    assert blobs.local_path(digest).read_bytes() == data
    assert unfinished(blobs) == []


async def test_a_piece_that_breaks_off_leaves_all_that_came_of_it(blobs):
    async def breaking():
        yield b"some bytes"
        raise ConnectionResetError

    digest = BlobHash("ab" * 32)
    with pytest.raises(AppError):
        await Pieces(blobs).add(digest, 100, 0, breaking())
    assert await Pieces(blobs).have(digest) == 10
