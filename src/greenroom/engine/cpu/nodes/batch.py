"""Pictures put together into batches, taken out of them, and cut into tiles."""

from collections.abc import Mapping, Sequence

import numpy as np

from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Floats, Images, pad_channels
from greenroom.engine.cpu.resample import Sampling, upscale

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@node("ImageBatch")
def image_batch(image1: Images, image2: Images) -> tuple[Images]:
    return (_batched([image1, image2]),)


@node("BatchImagesNode")
def batch_images(images: Mapping[str, Images]) -> tuple[Images]:
    return (_batched(list(images.values())),)


def _batched(images: Sequence[Images]) -> Images:
    """All in the size of the first, with as many channels as the one that has most."""
    channels = max(image.shape[-1] for image in images)
    height, width = images[0].shape[1:3]
    fitted = []
    for image in images:
        padded = pad_channels(image, channels)
        if padded.shape[1:3] != (height, width):
            padded = upscale(padded, width, height, Sampling("bilinear"), "center")
        fitted.append(padded)
    return np.concatenate(fitted)


@node("ImageFromBatch")
def image_from_batch(image: Images, batch_index: int, length: int) -> tuple[Images]:
    start = batch_index + len(image) if batch_index < 0 else batch_index
    start = max(0, min(len(image) - 1, start))
    return (image[start : start + length].copy(),)


@node("RepeatImageBatch")
def repeat_image_batch(image: Images, amount: int) -> tuple[Images]:
    return (np.tile(image, (amount, 1, 1, 1)),)


def _starts(length: int, tile: int, overlap: int) -> list[tuple[int, int]]:
    """Where the tiles begin and end along one side; the last ends with the picture."""
    stride = round(max(tile * 0.25, tile - overlap))
    spans: list[tuple[int, int]] = []
    place = 0
    while place < length:
        end = min(place + tile, length)
        spans.append((max(0, end - tile), end))
        if end >= length:
            break
        place += stride
    return spans


def _boxes(width: int, height: int, tile_width: int, tile_height: int, overlap: int) -> list[Box]:
    return [
        (left, top, right, bottom)
        for top, bottom in _starts(height, tile_height, overlap)
        for left, right in _starts(width, tile_width, overlap)
    ]


@node("SplitImageToTileList")
def split_image_to_tile_list(
    image: Images, tile_width: int, tile_height: int, overlap: int
) -> tuple[list[Images]]:
    height, width = image.shape[1:3]
    boxes = _boxes(width, height, tile_width, tile_height, overlap)
    return ([image[:, top:bottom, left:right] for left, top, right, bottom in boxes],)


@node("ImageMergeTileList")
def image_merge_tile_list(
    image_list: Sequence[Images],
    final_width: Sequence[int],
    final_height: Sequence[int],
    overlap: Sequence[int],
) -> tuple[Images]:
    """Tiles count most in their middle, so that the seams vanish."""
    batch, tile_height, tile_width, channels = image_list[0].shape
    width, height = final_width[0], final_height[0]
    canvas = np.zeros((batch, height, width, channels), np.float32)
    weights = np.zeros((batch, height, width, 1), np.float32)
    share = _share(tile_height, tile_width, smooth=overlap[0] > 0)
    boxes = _boxes(width, height, tile_width, tile_height, overlap[0])
    for tile, (left, top, right, bottom) in zip(image_list, boxes, strict=False):
        down, across = min(bottom - top, tile.shape[1]), min(right - left, tile.shape[2])
        part = share[:, :down, :across]
        place = np.s_[:, top : top + down, left : left + across]
        canvas[place] += tile[:, :down, :across] * part
        weights[place] += part
    weights[weights == 0] = 1
    return (canvas / weights,)


def _share(height: int, width: int, *, smooth: bool) -> Floats:
    if not smooth:
        return np.ones((1, height, width, 1), np.float32)
    return (_arch(height)[:, None] * _arch(width)[None, :])[None, :, :, None]


def _arch(length: int) -> Floats:
    arch: Floats = np.sin(np.pi * np.linspace(0, 1, length)).astype(np.float32)
    return np.maximum(arch, np.float32(1e-5))
