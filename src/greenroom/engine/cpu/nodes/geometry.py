"""Pictures cut, turned, extended, put side by side and measured."""

from collections.abc import Mapping

import numpy as np

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.nodes.save import show_pngs
from greenroom.engine.cpu.pixels import Floats, Images, Masks, pad_channels
from greenroom.engine.cpu.resample import Sampling, resize

_COLOURS = {
    "white": (1.0, 1.0, 1.0), "black": (0.0, 0.0, 0.0),
    "red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0),
}  # fmt: skip
_TURNS = {"none": 0, "90 degrees": 1, "180 degrees": 2, "270 degrees": 3}


def _cropped(image: Images, x: int, y: int, width: int, height: int) -> Images:
    left, top = min(x, image.shape[2] - 1), min(y, image.shape[1] - 1)
    return image[:, top : top + height, left : left + width].copy()


@node("ImageCrop")
def image_crop(image: Images, width: int, height: int, x: int, y: int) -> tuple[Images]:
    return (_cropped(image, x, y, width, height),)


@node("ImageCropV2")
def image_crop_v2(context: Context, image: Images, crop_region: Mapping[str, int]) -> Result:
    region = {"x": 0, "y": 0, "width": 512, "height": 512} | dict(crop_region)
    cropped = _cropped(image, region["x"], region["y"], region["width"], region["height"])
    return Result({"images": show_pngs(context, cropped), "animated": [False]}, (cropped,))


@node("ImageFlip")
def image_flip(image: Images, flip_method: str) -> tuple[Images]:
    axis = 1 if flip_method.startswith("x") else 2
    return (np.ascontiguousarray(np.flip(image, axis)),)


@node("ImageRotate")
def image_rotate(image: Images, rotation: str) -> tuple[Images]:
    """Clockwise."""
    return (np.ascontiguousarray(np.rot90(image, _TURNS[rotation], (2, 1))),)


@node("GetImageSize")
def get_image_size(context: Context, image: Images) -> tuple[int, int, int]:
    batch, height, width = image.shape[:3]
    context.say(f"width: {width}, height: {height}\n batch size: {batch}")
    return width, height, batch


@node("ImagePadForOutpaint")
def image_pad_for_outpaint(
    image: Images, *, left: int, top: int, right: int, bottom: int, feathering: int
) -> tuple[Images, Masks]:
    batch, height, width, channels = image.shape
    shape = (height + top + bottom, width + left + right)
    padded = np.full((batch, *shape, channels), 0.5, np.float32)
    inside = np.s_[top : top + height, left : left + width]
    padded[:, *inside] = image
    mask = np.ones(shape, np.float32)
    mask[inside] = 0
    if 0 < feathering * 2 < min(height, width):
        mask[inside] = _feather(height, width, (left, top, right, bottom), feathering)
    return padded, mask[None]


def _feather(height: int, width: int, sides: tuple[int, int, int, int], feathering: int) -> Floats:
    """Falls from the sides that were extended, to 0 at `feathering` pixels from them."""
    left, top, right, bottom = sides
    down, across = np.arange(height), np.arange(width)
    vertical = np.minimum(
        down if top else np.full(height, height),
        height - down if bottom else np.full(height, height),
    )
    horizontal = np.minimum(
        across if left else np.full(width, width),
        width - across if right else np.full(width, width),
    )
    distance = np.minimum(vertical[:, None], horizontal[None, :])
    share = np.maximum(feathering - distance, 0) / feathering
    feather: Floats = (share * share).astype(np.float32)
    return feather


@node("ImageStitch")
def image_stitch(
    image1: Images,
    direction: str,
    *,
    match_image_size: bool,
    spacing_width: int,
    spacing_color: str,
    image2: Images | None = None,
) -> tuple[Images]:
    if image2 is None:
        return (image1,)
    axis = 2 if direction in {"left", "right"} else 1
    first, second = _same_batch(image1, image2)
    if match_image_size:
        second = _same_side(first, second, axis)
    else:
        first, second = _padded_to_match(first, second, 3 - axis, spacing_color)
    channels = max(first.shape[-1], second.shape[-1])
    first, second = pad_channels(first, channels), pad_channels(second, channels)
    parts = [second, first] if direction in {"left", "up"} else [first, second]
    if spacing_width > 0:
        parts.insert(1, _spacing(first, axis, spacing_width + spacing_width % 2, spacing_color))
    return (np.concatenate(parts, axis=axis),)


def _same_batch(first: Images, second: Images) -> tuple[Images, Images]:
    """The shorter batch repeats its last picture."""
    batch = max(len(first), len(second))
    index = np.arange(batch)
    return (
        first[np.minimum(index, len(first) - 1)],
        second[np.minimum(index, len(second) - 1)],
    )


def _same_side(first: Images, second: Images, axis: int) -> Images:
    """`second` as high as `first` when they are put side by side, else as wide."""
    aspect = second.shape[2] / second.shape[1]
    height, width = first.shape[1:3]
    if axis == 2:
        return resize(second, int(height * aspect), height, Sampling("lanczos"))
    return resize(second, width, int(width / aspect), Sampling("lanczos"))


def _padded_to_match(
    first: Images, second: Images, axis: int, colour: str
) -> tuple[Images, Images]:
    """Both as long along `axis` as the longer one; only white pads with white."""
    length = max(first.shape[axis], second.shape[axis])
    value = 1.0 if colour == "white" else 0.0

    def pad(images: Images) -> Images:
        missing = length - images.shape[axis]
        widths = [(0, 0)] * 4
        widths[axis] = (missing // 2, missing - missing // 2)
        return np.pad(images, widths, constant_values=value)

    return pad(first), pad(second)


def _spacing(like: Images, axis: int, width: int, colour: str) -> Images:
    shape = list(like.shape)
    shape[axis] = width
    spacing = np.ones(shape, np.float32)
    colours = min(3, shape[-1])
    spacing[..., :colours] = _COLOURS[colour][:colours]
    return spacing
