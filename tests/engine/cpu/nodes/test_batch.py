"""Batches and tiles."""

import numpy as np
import pytest


def test_a_batch_takes_the_size_of_its_first_and_the_most_channels(call):
    first, second = np.zeros((1, 4, 6, 3), np.float32), np.zeros((2, 8, 8, 4), np.float32)
    batch = call("BatchImagesNode", images={"image0": first, "image1": second})
    assert batch.shape == (3, 4, 6, 4)
    assert batch[0, ..., 3].min() == 1
    assert call("ImageBatch", image1=first, image2=second).shape == (3, 4, 6, 4)


@pytest.mark.parametrize(
    ("index", "length", "expected"),
    [(0, 1, [0]), (1, 9, [1, 2, 3]), (-1, 1, [3]), (-9, 2, [0, 1]), (9, 5, [3])],
)
def test_pictures_are_taken_from_a_batch(call, index: int, length: int, expected: list):
    batch = np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1)
    taken = call("ImageFromBatch", image=batch, batch_index=index, length=length)
    assert taken.ravel().tolist() == expected


def test_a_batch_is_repeated_as_a_whole(call):
    batch = np.arange(2, dtype=np.float32).reshape(2, 1, 1, 1)
    repeated = call("RepeatImageBatch", image=batch, amount=2)
    assert repeated.ravel().tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("overlap", [0, 16, 64])
@pytest.mark.parametrize("size", [(100, 150), (64, 64), (20, 200)])
def test_tiles_merge_into_what_they_were_cut_from(call, random_images, size: tuple, overlap: int):
    image = random_images(1, *size, 3)
    how = {"tile_width": 64, "tile_height": 64, "overlap": overlap}
    tiles = call("SplitImageToTileList", image=image, **how)
    assert all(tile.shape[1] <= 64 and tile.shape[2] <= 64 for tile in tiles)
    merged = call(
        "ImageMergeTileList",
        image_list=tiles,
        final_width=[size[1]],
        final_height=[size[0]],
        overlap=[overlap],
    )
    assert np.allclose(merged, image, atol=1e-5)
