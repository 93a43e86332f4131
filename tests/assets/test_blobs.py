"""Files of this machine that become blobs."""

import os

import pytest

from greenroom.assets.blobs import BlobStore


@pytest.fixture
def blobs(tmp_path):
    return BlobStore(tmp_path / "blobs")


async def test_a_file_that_nobody_needs_is_moved_not_copied(blobs, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"bytes")
    inode = path.stat().st_ino
    stored = await blobs.take_file(path)
    kept = blobs.local_path(stored.hash)
    assert (kept.read_bytes(), kept.stat().st_ino) == (b"bytes", inode)
    assert not path.exists()


async def test_a_file_with_another_name_is_copied_since_it_may_change_under_that(blobs, tmp_path):
    path, other = tmp_path / "a.bin", tmp_path / "b.bin"
    other.write_bytes(b"bytes")
    os.link(other, path)
    stored = await blobs.take_file(path)
    other.write_bytes(b"other")
    assert blobs.local_path(stored.hash).read_bytes() == b"bytes"


async def test_bytes_that_are_kept_already_are_kept_once(blobs, tmp_path):
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(b"bytes")
    one, two = [await blobs.take_file(tmp_path / name) for name in ("a.bin", "b.bin")]
    assert one == two
