"""Pictures made larger and smaller."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Floats, Images
from greenroom.engine.cpu.resample import Sampling, resize, upscale

_MEGAPIXEL = 1024 * 1024

Size: TypeAlias = tuple[int, int]
"""Width, height."""


@node("ImageScale")
def image_scale(
    context: Context, *, image: Images, upscale_method: str, width: int, height: int, crop: str
) -> tuple[Images]:
    how = Sampling(upscale_method, context.step)
    return (_to_size(image, width, height, how, crop),)


@node("ImageScaleBy")
def image_scale_by(
    context: Context, image: Images, upscale_method: str, scale_by: float
) -> tuple[Images]:
    return (_by_factor(image, scale_by, Sampling(upscale_method, context.step)),)


@node("ImageScaleToTotalPixels")
def image_scale_to_total_pixels(
    context: Context, image: Images, upscale_method: str, megapixels: float, resolution_steps: int
) -> tuple[Images]:
    height, width = image.shape[1:3]
    factor = math.sqrt(megapixels * _MEGAPIXEL / (width * height))
    new_width = round(width * factor / resolution_steps) * resolution_steps
    new_height = round(height * factor / resolution_steps) * resolution_steps
    return (resize(image, new_width, new_height, Sampling(upscale_method, context.step)),)


@node("ImageScaleToMaxDimension")
def image_scale_to_max_dimension(
    context: Context, image: Images, upscale_method: str, largest_size: int
) -> tuple[Images]:
    width, height = _with_side(image, largest_size, longer=True)
    return (resize(image, width, height, Sampling(upscale_method, context.step)),)


def _with_side(image: Images, size: int, *, longer: bool) -> Size:
    """The size in which the longer, or the shorter, side is `size`; a square gets both."""
    height, width = image.shape[1:3]
    if height == width:
        return size, size
    if (height > width) is longer:
        return round(width / height * size), size
    return size, round(height / width * size)


@node("ResizeAndPadImage")
def resize_and_pad_image(
    context: Context,
    *,
    image: Images,
    target_width: int,
    target_height: int,
    padding_color: str,
    interpolation: str,
) -> tuple[Images]:
    batch, height, width, channels = image.shape
    factor = min(target_width / width, target_height / height)
    new_width, new_height = int(width * factor), int(height * factor)
    colour = 0.0 if padding_color == "black" else 1.0
    padded = np.full((batch, target_height, target_width, channels), colour, np.float32)
    top, left = (target_height - new_height) // 2, (target_width - new_width) // 2
    inside = padded[:, top : top + new_height, left : left + new_width]
    inside[:] = resize(image, new_width, new_height, Sampling(interpolation, context.step))
    return (padded,)


@node("ResizeImageMaskNode")
def resize_image_mask(
    context: Context, scale_method: str, resize_type: Mapping[str, Any], **given: Floats
) -> tuple[Floats]:
    """`input` is a picture or a mask, and so is what comes out."""
    value = given["input"]
    is_mask = value.ndim == 3
    images = value[..., None] if is_mask else value
    resized = _RESIZES[resize_type["resize_type"]](
        images, resize_type, Sampling(scale_method, context.step)
    )
    return (resized[..., 0] if is_mask else resized,)


def _to_size(images: Images, width: int, height: int, how: Sampling, crop: str) -> Images:
    """0 stands for the side that follows from the other."""
    if width == 0 and height == 0:
        return images
    old_height, old_width = images.shape[1:3]
    width = width or max(1, round(old_width * height / old_height))
    height = height or max(1, round(old_height * width / old_width))
    return upscale(images, width, height, how, crop)


def _by_factor(images: Images, factor: float, how: Sampling) -> Images:
    height, width = (round(side * factor) for side in images.shape[1:3])
    return resize(images, width, height, how)


def _to_pixels(images: Images, megapixels: float, how: Sampling) -> Images:
    height, width = images.shape[1:3]
    return _by_factor(images, math.sqrt(int(megapixels * _MEGAPIXEL) / (width * height)), how)


def _to_match(images: Images, match: Floats, how: Sampling, crop: str) -> Images:
    return upscale(images, match.shape[2], match.shape[1], how, crop)


def _to_multiple(images: Images, multiple: int, how: Sampling) -> Images:
    """Scaled to cover the next smaller multiples, then cut to them from the middle."""
    height, width = images.shape[1:3]
    new_width, new_height = width // multiple * multiple, height // multiple * multiple
    if 0 in {new_width, new_height} or (new_width, new_height) == (width, height):
        return images
    across, down = new_width / width, new_height / height
    covering_width, covering_height = new_width, new_height
    if across >= down:
        covering_height = max(new_height, math.ceil(height * across))
    else:
        covering_width = max(new_width, math.ceil(width * down))
    scaled = resize(images, covering_width, covering_height, how)
    left, top = (covering_width - new_width) // 2, (covering_height - new_height) // 2
    return scaled[:, top : top + new_height, left : left + new_width].copy()


_RESIZES: dict[str, Callable[[Images, Mapping[str, Any], Sampling], Images]] = {
    "scale by multiplier": lambda i, to, how: _by_factor(i, to["multiplier"], how),
    "scale dimensions": lambda i, to, how: _to_size(i, to["width"], to["height"], how, to["crop"]),
    "scale longer dimension": lambda i, to, how: resize(
        i, *_with_side(i, to["longer_size"], longer=True), how
    ),
    "scale shorter dimension": lambda i, to, how: resize(
        i, *_with_side(i, to["shorter_size"], longer=False), how
    ),
    "scale width": lambda i, to, how: _to_size(i, to["width"], 0, how, "disabled"),
    "scale height": lambda i, to, how: _to_size(i, 0, to["height"], how, "disabled"),
    "scale total pixels": lambda i, to, how: _to_pixels(i, to["megapixels"], how),
    "match size": lambda i, to, how: _to_match(i, to["match"], how, to["crop"]),
    "scale to multiple": lambda i, to, how: _to_multiple(i, to["multiple"], how),
}
