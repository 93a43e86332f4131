"""Pictures inverted, blended, blurred and sharpened."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Floats, Images, match_channels, to_bytes, to_floats
from greenroom.engine.cpu.resample import Sampling, upscale


@node("ImageInvert")
def image_invert(image: Images) -> tuple[Images]:
    return (1 - image,)


@node("ImageBlend")
def image_blend(
    context: Context, image1: Images, image2: Images, blend_factor: float, blend_mode: str
) -> tuple[Images]:
    image1, image2 = match_channels(image1, image2)
    if image1.shape != image2.shape:
        image2 = upscale(
            image2, image1.shape[2], image1.shape[1], Sampling("bicubic", context.step), "center"
        )
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


@node("ImageQuantize")
def image_quantize(context: Context, image: Images, colors: int, dither: str) -> tuple[Images]:
    result = np.zeros_like(image)
    for number, each in enumerate(context.steps(image, len(image))):
        picture = Image.fromarray(to_bytes(each[..., :3]))
        palette = picture.quantize(colors=colors)
        reduced = _reduced(picture, palette, dither).convert("RGB")
        result[number] = to_floats(np.array(reduced))
    return (result,)


def _reduced(picture: Image.Image, palette: Image.Image, dither: str) -> Image.Image:
    if dither == "floyd-steinberg":
        return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if dither.startswith("bayer"):
        picture = _noisy(picture, palette, int(dither.partition("-")[2]))
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _noisy(picture: Image.Image, palette: Image.Image, order: int) -> Image.Image:
    """The picture under a regular pattern, as strong as the palette is coarse."""
    spread = 2 * 256 / (len(palette.getpalette() or ()) // 3)
    pattern = np.float32(spread) * _bayer(int(math.log2(order))) + np.float32(0.5)
    pixels = np.array(picture).astype(np.float32)
    height, width = pixels.shape[:2]
    repeats = (math.ceil(height / len(pattern)), math.ceil(width / len(pattern)))
    tiled = np.tile(pattern, repeats)[:height, :width, None]
    return Image.fromarray(np.clip(pixels + tiled, 0, 255).astype(np.uint8))


def _bayer(depth: int) -> Floats:
    if depth == 0:
        return np.zeros((1, 1), np.float32)
    factor = np.float32(4**depth)
    inner = factor * _bayer(depth - 1)
    rows = [[inner - 1.5, inner + 0.5], [inner + 1.5, inner - 0.5]]
    pattern: Floats = (np.block(rows) / factor).astype(np.float32)
    return pattern


@node("ImageRGBToYUV")
def image_rgb_to_yuv(image: Images) -> tuple[Images, Images, Images]:
    """Each part as a grey picture; the two colour parts are 0.5 where there is no colour."""
    red, green, blue = (image[..., channel] for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    parts = (luma, (blue - luma) * 0.564 + 0.5, (red - luma) * 0.713 + 0.5)
    grey = [np.repeat(part[..., None], image.shape[-1], axis=-1) for part in parts]
    return grey[0], grey[1], grey[2]


@node("ImageYUVToRGB")
def image_yuv_to_rgb(
    Y: Images,  # noqa: N803 - the input's name on the wire
    U: Images,  # noqa: N803 - likewise
    V: Images,  # noqa: N803 - likewise
) -> tuple[Images]:
    luma, bluish, reddish = (part.mean(axis=-1, dtype=np.float32) for part in (Y, U, V))
    blue, red = bluish - 0.5, reddish - 0.5
    channels = (luma + 1.403 * red, luma - 0.714 * red - 0.344 * blue, luma + 1.773 * blue)
    return (np.stack(channels, axis=-1),)
