"""Masks made into pictures and back, cut, grown and combined."""

from collections.abc import Callable

import numpy as np

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Images, Masks

_CHANNELS = ("red", "green", "blue", "alpha")


def _plain(mask: Masks) -> Masks:
    """[B, H, W], whatever stands before the last two axes."""
    return mask.reshape(-1, *mask.shape[-2:])


def mask_as_image(mask: Masks) -> Images:
    return np.repeat(_plain(mask)[..., None], 3, axis=-1)


@node("MaskToImage")
def mask_to_image(mask: Masks) -> tuple[Images]:
    return (mask_as_image(mask),)


@node("ImageToMask")
def image_to_mask(image: Images, channel: str) -> tuple[Masks]:
    return (image[..., _CHANNELS.index(channel)].copy(),)


@node("ImageColorToMask")
def image_color_to_mask(image: Images, color: int) -> tuple[Masks]:
    levels = np.round(np.clip(image, 0, 1) * np.float32(255)).astype(np.int32)
    packed = (levels[..., 0] << 16) + (levels[..., 1] << 8) + levels[..., 2]
    return ((packed == color).astype(np.float32),)


@node("InvertMask")
def invert_mask(mask: Masks) -> tuple[Masks]:
    return (1 - mask,)


@node("ThresholdMask")
def threshold_mask(mask: Masks, value: float) -> tuple[Masks]:
    return ((mask > np.float32(value)).astype(np.float32),)


@node("CropMask")
def crop_mask(mask: Masks, x: int, y: int, width: int, height: int) -> tuple[Masks]:
    return (_plain(mask)[:, y : y + height, x : x + width].copy(),)


@node("FeatherMask")
def feather_mask(mask: Masks, left: int, top: int, right: int, bottom: int) -> tuple[Masks]:
    feathered = _plain(mask).copy()
    height, width = feathered.shape[-2:]
    feathered[:, :, : min(left, width)] *= _rise(min(left, width))
    feathered[:, :, ::-1][:, :, : min(right, width)] *= _rise(min(right, width))
    feathered[:, : min(top, height)] *= _rise(min(top, height))[:, None]
    feathered[:, ::-1][:, : min(bottom, height)] *= _rise(min(bottom, height))[:, None]
    return (feathered,)


def _rise(length: int) -> Masks:
    """From just above 0 to 1, in `length` equal steps."""
    return (np.arange(1, length + 1) / max(length, 1)).astype(np.float32)


@node("GrowMask")
def grow_mask(context: Context, mask: Masks, expand: int, *, tapered_corners: bool) -> tuple[Masks]:
    """One pixel a round; beyond the edges lies what lies at them."""
    extreme = np.minimum if expand < 0 else np.maximum
    grown = _plain(mask)
    for _ in context.steps(range(abs(expand)), abs(expand)):
        larger = _spread(grown, extreme, tapered=tapered_corners)
        if np.array_equal(larger, grown):
            break
        grown = larger
    return (grown,)


def _spread(mask: Masks, extreme: Callable[[Masks, Masks], Masks], *, tapered: bool) -> Masks:
    columns = _shifted(mask, extreme, axis=1)
    if not tapered:
        return _shifted(columns, extreme, axis=2)
    return extreme(columns, _shifted(mask, extreme, axis=2))


def _shifted(mask: Masks, extreme: Callable[[Masks, Masks], Masks], axis: int) -> Masks:
    """Each pixel with its two neighbours along `axis`."""
    result = mask.copy()
    here, there = np.swapaxes(result, 0, axis), np.swapaxes(mask, 0, axis)
    here[1:] = extreme(here[1:], there[:-1])
    here[:-1] = extreme(here[:-1], there[1:])
    return result


_OPERATIONS: dict[str, Callable[[Masks, Masks], Masks]] = {
    "multiply": lambda a, b: a * b,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "and": lambda a, b: (_is_set(a) & _is_set(b)).astype(np.float32),
    "or": lambda a, b: (_is_set(a) | _is_set(b)).astype(np.float32),
    "xor": lambda a, b: (_is_set(a) ^ _is_set(b)).astype(np.float32),
}


def _is_set(mask: Masks) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    return np.round(mask).astype(bool)


@node("MaskComposite")
def mask_composite(
    destination: Masks, source: Masks, x: int, y: int, operation: str
) -> tuple[Masks]:
    result, source = _plain(destination).copy(), _plain(source)
    below = result[:, y : y + source.shape[-2], x : x + source.shape[-1]]
    above = source[:, : below.shape[-2], : below.shape[-1]]
    if below.size:
        below[:] = _OPERATIONS[operation](below, above)
    return (np.clip(result, 0, 1),)
