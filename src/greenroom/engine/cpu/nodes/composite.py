"""Pictures laid over each other, and their transparency."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Floats, Images, Masks, match_channels, repeat_to
from greenroom.engine.cpu.resample import Sampling, resize, upscale


@node("ImageCompositeMasked")
def image_composite_masked(
    destination: Images,
    source: Images,
    x: int,
    y: int,
    *,
    resize_source: bool,
    mask: Masks | None = None,
) -> tuple[Images]:
    destination, source = match_channels(destination, source)
    result = destination.copy()
    if resize_source:
        source = resize(source, result.shape[2], result.shape[1], Sampling("bilinear"))
    source = repeat_to(source, len(result))
    opacity = _opacity(mask, source)
    left, top = min(x, result.shape[2]), min(y, result.shape[1])
    below = result[:, top : top + source.shape[1], left : left + source.shape[2]]
    height, width = below.shape[1:3]
    opacity = opacity[:, :height, :width]
    below[:] = opacity * source[:, :height, :width] + (1 - opacity) * below
    return (result,)


def _opacity(mask: Masks | None, source: Images) -> Images:
    if mask is None:
        return np.ones((1, *source.shape[1:3], 1), np.float32)
    plain = mask.reshape(-1, *mask.shape[-2:])[..., None]
    return repeat_to(
        resize(plain, source.shape[2], source.shape[1], Sampling("bilinear")), len(source)
    )


@node("JoinImageWithAlpha")
def join_image_with_alpha(image: Images, alpha: Masks) -> tuple[Images]:
    batch = max(len(image), len(alpha))
    plain = alpha.reshape(-1, *alpha.shape[-2:])[..., None]
    opacity = 1 - resize(plain, image.shape[2], image.shape[1], Sampling("bilinear"))
    colours = repeat_to(image[..., :3], batch)
    return (np.concatenate([colours, repeat_to(opacity, batch)], axis=-1),)


@node("SplitImageWithAlpha")
def split_image_with_alpha(image: Images) -> tuple[Images, Masks]:
    opaque = image.shape[-1] < 4
    mask = np.zeros(image.shape[:3], np.float32) if opaque else 1 - image[..., 3]
    return image[..., :3].copy(), mask


class Layer(NamedTuple):
    """A picture multiplied by its opacity, and that opacity."""

    image: Floats
    alpha: Floats


def _mixed(a: Layer, b: Layer) -> Floats:
    return a.alpha + b.alpha - a.alpha * b.alpha


def _outside(a: Layer, b: Layer) -> Floats:
    """What each shows where the other is not."""
    return (1 - b.alpha) * a.image + (1 - a.alpha) * b.image


def _overlaid(a: Layer, b: Layer) -> Floats:
    dark = 2 * a.image * b.image
    light = a.alpha * b.alpha - 2 * (b.alpha - a.image) * (a.alpha - b.image)
    return np.where(2 * b.image < b.alpha, dark, light)


_MODES: dict[str, Callable[[Layer, Layer], Layer]] = {
    "ADD": lambda s, d: Layer(np.clip(s.image + d.image, 0, 1), np.clip(s.alpha + d.alpha, 0, 1)),
    "CLEAR": lambda _, d: Layer(np.zeros_like(d.image), np.zeros_like(d.alpha)),
    "DARKEN": lambda s, d: Layer(_outside(s, d) + np.minimum(s.image, d.image), _mixed(s, d)),
    "DST": lambda _, d: d,
    "DST_ATOP": lambda s, d: Layer(s.alpha * d.image + (1 - d.alpha) * s.image, s.alpha),
    "DST_IN": lambda s, d: Layer(d.image * s.alpha, s.alpha * d.alpha),
    "DST_OUT": lambda s, d: Layer((1 - s.alpha) * d.image, (1 - s.alpha) * d.alpha),
    "DST_OVER": lambda s, d: Layer(
        d.image + (1 - d.alpha) * s.image, d.alpha + (1 - d.alpha) * s.alpha
    ),
    "LIGHTEN": lambda s, d: Layer(_outside(s, d) + np.maximum(s.image, d.image), _mixed(s, d)),
    "MULTIPLY": lambda s, d: Layer(s.image * d.image, s.alpha * d.alpha),
    "OVERLAY": lambda s, d: Layer(_overlaid(s, d), _mixed(s, d)),
    "SCREEN": lambda s, d: Layer(s.image + d.image - s.image * d.image, _mixed(s, d)),
    "SRC": lambda s, _: s,
    "SRC_ATOP": lambda s, d: Layer(d.alpha * s.image + (1 - s.alpha) * d.image, d.alpha),
    "SRC_IN": lambda s, d: Layer(s.image * d.alpha, s.alpha * d.alpha),
    "SRC_OUT": lambda s, d: Layer((1 - d.alpha) * s.image, (1 - d.alpha) * s.alpha),
    "SRC_OVER": lambda s, d: Layer(
        s.image + (1 - s.alpha) * d.image, s.alpha + (1 - s.alpha) * d.alpha
    ),
    "XOR": lambda s, d: Layer(_outside(s, d), (1 - d.alpha) * s.alpha + (1 - s.alpha) * d.alpha),
}


@node("PorterDuffImageComposite")
def porter_duff_image_composite(
    context: Context,
    *,
    source: Images,
    source_alpha: Masks,
    destination: Images,
    destination_alpha: Masks,
    mode: str,
) -> tuple[Images, Masks]:
    """The masks are 1 where a picture is transparent."""
    if source.shape[-1] != destination.shape[-1]:
        raise ValueError("source and destination must have the same number of channels")
    batch = min(len(source), len(source_alpha), len(destination), len(destination_alpha))
    images, masks = [], []
    for each in context.steps(range(batch), batch):
        below = destination[each : each + 1]
        lower = _fitted(destination_alpha[each : each + 1, ..., None], below)
        upper = _fitted(source_alpha[each : each + 1, ..., None], below)
        image, mask = _composed(_fitted(source[each : each + 1], below), upper, below, lower, mode)
        images.append(image[0])
        masks.append(mask[0, ..., 0])
    return np.stack(images), np.stack(masks)


def _fitted(images: Images, target: Images) -> Images:
    if images.shape[1:3] == target.shape[1:3]:
        return images
    return upscale(images, target.shape[2], target.shape[1], Sampling("bicubic"), "center")


def _composed(
    above: Images, above_mask: Images, below: Images, below_mask: Images, mode: str
) -> tuple[Images, Images]:
    upper = Layer(above * (1 - above_mask), 1 - above_mask)
    lower = Layer(below * (1 - below_mask), 1 - below_mask)
    image, alpha = _MODES[mode](upper, lower)
    visible = alpha > 1e-5
    plain = np.where(visible, image / np.where(visible, alpha, 1), 0)
    return np.clip(plain, 0, 1), 1 - alpha
