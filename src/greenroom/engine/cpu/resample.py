"""Resampling of pictures, with the arithmetic of the library that ComfyUI uses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image

from greenroom.engine.cpu.pixels import Floats, Images, to_bytes, to_floats

_CUBIC = np.float32(-0.75)

_BAND = 128
"""Rows or columns that are resampled at once."""

Step: TypeAlias = Callable[[float, float], None]
Along: TypeAlias = Callable[[Images, int, int], Images]
"""Resamples [B, H, W, C] to a new length along one axis."""


def _unseen(_done: float, _total: float) -> None:
    """Nobody watches."""


def _centers(before: int, after: int) -> Floats:
    """Where the middle of each new pixel lies among the old ones."""
    places = np.arange(after, dtype=np.float32) + np.float32(0.5)
    centers: Floats = np.float32(before / after) * places - np.float32(0.5)
    return centers


def _along(weights: Floats, axis: int) -> Floats:
    """Weights for the rows (axis 1) or the columns (axis 2) of [B, H, W, C]."""
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    return weights.reshape(shape)


def _nearest_exact(images: Images, after: int, axis: int) -> Images:
    before = images.shape[axis]
    places = (np.arange(after) + 0.5) * float(np.float32(before / after))
    index = np.minimum(np.floor(places.astype(np.float32)).astype(np.int64), before - 1)
    picked: Images = images.take(index, axis)
    return picked


def _linear(images: Images, after: int, axis: int) -> Images:
    before = images.shape[axis]
    if before == after:
        return images
    places = np.maximum(_centers(before, after), np.float32(0))
    low = np.minimum(places.astype(np.int64), before - 1)
    high = np.minimum(low + 1, before - 1)
    part = _along(np.clip(places - low.astype(np.float32), 0, 1), axis)
    mixed: Images = images.take(low, axis) * (1 - part) + images.take(high, axis) * part
    return mixed


def _cubic(images: Images, after: int, axis: int) -> Images:
    before = images.shape[axis]
    if before == after:
        return images
    places = _centers(before, after)
    low = np.floor(places)
    result = np.zeros((*images.shape[:axis], after, *images.shape[axis + 1 :]), np.float32)
    for offset, weight in zip(range(-1, 3), _cubic_weights(places - low), strict=True):
        index = np.clip(low.astype(np.int64) + offset, 0, before - 1)
        result += images.take(index, axis) * _along(weight, axis)
    return result


def _cubic_weights(part: Floats) -> list[Floats]:
    near, far = _near_weight, _far_weight
    return [far(part + 1), near(part), near(1 - part), far(2 - part)]


def _near_weight(x: Floats) -> Floats:
    return ((_CUBIC + 2) * x - (_CUBIC + 3)) * x * x + 1


def _far_weight(x: Floats) -> Floats:
    return ((_CUBIC * x - 5 * _CUBIC) * x + 8 * _CUBIC) * x - 4 * _CUBIC


def _area(images: Images, after: int, axis: int) -> Images:
    """The mean of the old pixels that each new one touches."""
    before = images.shape[axis]
    if before == after:
        return images
    number = np.arange(after)
    start = number * before // after
    end = -(-(number + 1) * before // after)
    sums = np.cumsum(images, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis=axis)
    total = sums.take(end, axis) - sums.take(start, axis)
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    means: Images = (total / (end - start).reshape(shape)).astype(np.float32)
    return means


_METHODS: dict[str, Along] = {
    "nearest-exact": _nearest_exact,
    "bilinear": _linear,
    "bicubic": _cubic,
    "area": _area,
}


def _lanczos(images: Images, width: int, height: int, step: Step) -> Images:
    """In eight bits a channel, picture by picture."""
    result = np.empty((len(images), height, width, images.shape[-1]), np.float32)
    for number, image in enumerate(images):
        flat = image[..., 0] if image.shape[-1] == 1 else image
        small = Image.fromarray(to_bytes(flat)).resize((width, height), Image.Resampling.LANCZOS)
        result[number] = to_floats(np.array(small)).reshape(height, width, -1)
        step(number + 1, len(images))
    return result


def _in_bands(images: Images, after: int, axis: int, along: Along, step: Step) -> Images:
    """`along` applied to strips across `axis`, one by one."""
    across = 3 - axis
    shape = list(images.shape)
    shape[axis] = after
    result = np.empty(shape, np.float32)
    bands = range(0, shape[across], _BAND)
    for number, start in enumerate(bands, start=1):
        band = (slice(None),) * across + (slice(start, start + _BAND),)
        result[band] = along(images[band], after, axis)
        step(number, len(bands))
    return result


def crop_to_aspect(images: Images, width: int, height: int) -> Images:
    """The middle part that has the proportions of width x height."""
    old_height, old_width = images.shape[1:3]
    old, new = old_width / old_height, width / height
    x = round((old_width - old_width * (new / old)) / 2) if old > new else 0
    y = round((old_height - old_height * (old / new)) / 2) if old < new else 0
    return images[:, y : old_height - y, x : old_width - x]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to resample: nearest-exact, bilinear, bicubic, area or lanczos."""

    method: str
    step: Step = _unseen
    """Hears of parts done and parts in all."""


def resize(images: Images, width: int, height: int, how: Sampling) -> Images:
    """[B, H, W, C] to [B, height, width, C]."""
    if width < 1 or height < 1:
        raise ValueError(f"Input and output sizes should be greater than 0, not {width}x{height}")
    if how.method == "lanczos":
        return _lanczos(images, width, height, how.step)
    along = _METHODS[how.method]
    wide = _in_bands(images, width, 2, along, lambda done, of: how.step(done, 2 * of))
    return _in_bands(wide, height, 1, along, lambda done, of: how.step(of + done, 2 * of))


def upscale(images: Images, width: int, height: int, how: Sampling, crop: str) -> Images:
    """resize(), of the middle part only when `crop` is "center"."""
    if crop == "center":
        images = crop_to_aspect(images, width, height)
    return resize(images, width, height, how)
