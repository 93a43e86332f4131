"""Pictures saved with more than eight bits a channel."""

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import av
import numpy as np

from greenroom.domain.json import JsonValue
from greenroom.engine.cpu import chunks
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.pixels import Any2D, Floats, Images

_LAYOUTS = {
    ("png", "8-bit", 1): ("gray", "gray"),
    ("png", "8-bit", 3): ("rgb24", "rgb24"),
    ("png", "8-bit", 4): ("rgba", "rgba"),
    ("png", "16-bit", 1): ("gray16le", "gray16be"),
    ("png", "16-bit", 3): ("rgb48le", "rgb48be"),
    ("png", "16-bit", 4): ("rgba64le", "rgba64be"),
    ("exr", "32-bit float", 1): ("grayf32le", "grayf32le"),
    ("exr", "32-bit float", 3): ("gbrpf32le", "gbrpf32le"),
    ("exr", "32-bit float", 4): ("gbrapf32le", "gbrapf32le"),
}
"""(file format, depth, channels) -> how pixels are handed over, and how they are stored."""

# The curve of BT.2100's Hybrid Log-Gamma, table 5.
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991072928


@node("SaveImageAdvanced")
def save_image_advanced(
    context: Context,
    images: Images,
    filename_prefix: str,
    format: Mapping[str, str],  # noqa: A002 - the input's name on the wire
) -> Result:
    kind, depth = format["format"], format["bit_depth"]
    colours = format.get("input_color_space", "sRGB")
    series = context.run.naming.series("output", filename_prefix, *images.shape[2:0:-1])
    items: list[JsonValue] = []
    for number, image in enumerate(context.steps(images, len(images))):
        path, item = series.next(kind, batch=number, mark="")
        data = _encoded(_samples(image, depth, colours), kind, depth)
        if kind == "png":
            data = chunks.into_png(data, context.metadata())
        else:
            data = chunks.into_exr(data, context.metadata(), wide=colours == "HDR")
        path.write_bytes(data)
        items.append(item)
    return Result({"images": items}, (images,))


def _samples(image: Floats, depth: str, colours: str) -> Any2D:
    """As the file stores them: integers, or scene-linear light without limits."""
    if depth == "32-bit float":
        return _linear(image, colours)
    top, kind = (255, np.uint8) if depth == "8-bit" else (65535, np.uint16)
    scaled: Any2D = np.clip(image * np.float32(top), 0, top).astype(kind)
    return scaled


def _linear(image: Floats, colours: str) -> Floats:
    """Alpha, the fourth channel, stays as it is."""
    curve = {"sRGB": _from_srgb, "HDR": _from_hlg}.get(colours)
    if curve is None:
        return image
    return np.concatenate([curve(image[..., :3]), image[..., 3:]], axis=-1)


def _from_srgb(values: Floats) -> Floats:
    high = ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, high)


def _from_hlg(values: Floats) -> Floats:
    high = (np.exp((np.maximum(values, 0.5) - _HLG_C) / _HLG_A) + _HLG_B) / 12
    return np.where(values <= 0.5, values * values / 3, high)


def _encoded(samples: Any2D, kind: str, depth: str) -> bytes:
    """One picture through the codec alone: what it puts out is the file."""
    height, width, channels = samples.shape
    layout = _LAYOUTS.get((kind, depth, channels))
    if layout is None:
        raise ValueError(f"{kind} with {depth} cannot hold {channels} channels: only 1, 3 or 4")
    given, stored = layout
    codec = cast("av.VideoCodecContext", av.CodecContext.create(kind, "w"))
    codec.width, codec.height, codec.pix_fmt = width, height, stored
    codec.time_base = Fraction(1, 1)
    pixels = samples[..., 0] if channels == 1 else samples
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=given)
    if given != stored:
        frame = frame.reformat(format=stored)
    frame.pts = 0
    frame.time_base = codec.time_base
    return b"".join(bytes(each) for each in (*codec.encode(frame), *codec.encode(None)))
