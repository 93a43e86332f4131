"""Pictures inverted, blended, blurred and sharpened."""

from collections.abc import Callable

import numpy as np

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Floats, Images, match_channels
from greenroom.engine.cpu.resample import upscale


@node("ImageInvert")
def image_invert(image: Images) -> tuple[Images]:
    return (1 - image,)


@node("ImageBlend")
def image_blend(
    image1: Images, image2: Images, blend_factor: float, blend_mode: str
) -> tuple[Images]:
    image1, image2 = match_channels(image1, image2)
    if image1.shape != image2.shape:
        image2 = upscale(image2, image1.shape[2], image1.shape[1], "bicubic", "center")
    blended = _BLENDS[blend_mode](image1, image2)
    return (np.clip(image1 * (1 - blend_factor) + blended * blend_factor, 0, 1),)


def _overlay(a: Images, b: Images) -> Images:
    return np.where(a <= 0.5, 2 * a * b, 1 - 2 * (1 - a) * (1 - b))


def _soft_light(a: Images, b: Images) -> Images:
    lighter = np.where(a <= 0.25, ((16 * a - 12) * a + 4) * a, np.sqrt(np.maximum(a, 0)))
    return np.where(b <= 0.5, a - (1 - 2 * b) * a * (1 - a), a + (2 * b - 1) * (lighter - a))


_BLENDS: dict[str, Callable[[Images, Images], Images]] = {
    "normal": lambda _, b: b,
    "multiply": lambda a, b: a * b,
    "screen": lambda a, b: 1 - (1 - a) * (1 - b),
    "overlay": _overlay,
    "soft_light": _soft_light,
    "difference": lambda a, b: a - b,
}


@node("ImageBlur")
def image_blur(context: Context, image: Images, blur_radius: int, sigma: float) -> tuple[Images]:
    return (image if blur_radius == 0 else _blurred(context, image, blur_radius, sigma),)


@node("ImageSharpen")
def image_sharpen(
    context: Context, image: Images, sharpen_radius: int, sigma: float, alpha: float
) -> tuple[Images]:
    if sharpen_radius == 0:
        return (image,)
    strength = alpha * 10
    blurred = _blurred(context, image, sharpen_radius, sigma)
    return (np.clip(image * (1 + strength) - blurred * strength, 0, 1),)


def _bell(radius: int, sigma: float) -> Floats:
    """Weights of a row: the square of them, row by column, is the whole kernel."""
    places = np.linspace(-1, 1, 2 * radius + 1)
    weights = np.exp(-(places**2) / (2 * sigma**2))
    normed: Floats = (weights / weights.sum()).astype(np.float32)
    return normed


def _blurred(context: Context, images: Images, radius: int, sigma: float) -> Images:
    """Row by row, then column by column; beyond its edges the picture is mirrored."""
    height, width = images.shape[1:3]
    if radius >= min(height, width):
        raise RuntimeError(
            f"The radius must be smaller than the picture: {radius} is not below "
            f"{min(height, width)}, for a picture of {width}x{height}"
        )
    weights = _bell(radius, sigma)
    total = len(images) * 2 * len(weights)
    result = np.empty_like(images)
    for index, image in enumerate(images):
        done = index * 2 * len(weights)
        padded = np.pad(image, ((radius, radius), (radius, radius), (0, 0)), "reflect")
        rows = np.zeros((height, *padded.shape[1:]), np.float32)
        for tap, weight in enumerate(weights):
            rows += padded[tap : tap + height] * weight
            context.step(done + tap + 1, total)
        target = result[index]
        target[:] = 0
        for tap, weight in enumerate(weights):
            target += rows[:, tap : tap + width] * weight
            context.step(done + len(weights) + tap + 1, total)
    return result
