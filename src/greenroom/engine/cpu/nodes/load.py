"""Loading pictures: decoded as ComfyUI decodes them, within the limit on pixels."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import av
import numpy as np
from PIL import Image, ImageFile, ImageOps, ImageSequence, UnidentifiedImageError

from greenroom.domain.json import JsonValue
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Any2D, Images, Masks, to_floats
from greenroom.engine.cpu.sources import Sources

# The limit is the run's own, and applies to all ways of decoding.
Image.MAX_IMAGE_PIXELS = None
Image.init()
logging.getLogger("libav").setLevel(logging.CRITICAL)

_FORMATS = (
    "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "AVIF",
)  # fmt: skip
"""What is read at all. Others, such as PostScript, would start programs or decode worse things."""
_DEMUXERS = {
    "PNG": "png_pipe", "JPEG": "jpeg_pipe", "MPO": "jpeg_pipe", "WEBP": "webp_pipe",
    "GIF": "gif", "BMP": "bmp_pipe", "TIFF": "tiff_pipe",
}  # fmt: skip
"""Only these formats reach the video library, named: it must not guess, for what it guesses may
be a playlist that names other files."""
_BYTE_FORMATS = {"yuvj420p", "yuvj422p", "yuvj444p", "rgb24", "rgba", "pal8"}
_ALIGNMENT = 32

T = TypeVar("T")


class Picture(NamedTuple):
    images: Images
    masks: Masks | None


def _watch(inputs: Mapping[str, JsonValue], sources: Sources) -> JsonValue:
    return sources.fingerprint(str(inputs["image"]))


@node("LoadImage", watch=_watch)
def load_image(context: Context, image: str) -> tuple[Images, Masks]:
    picture = _read(context, image)
    if picture.masks is not None:
        return picture.images, picture.masks
    return picture.images, np.zeros((len(picture.images), 64, 64), np.float32)


@node("LoadImageMask", watch=_watch)
def load_image_mask(context: Context, image: str, channel: str) -> tuple[Masks]:
    images, masks = load_image(context, image)
    if channel == "alpha":
        return (masks,)
    index = ("red", "green", "blue").index(channel)
    return (images[..., index].copy(),)


def _read(context: Context, name: str) -> Picture:
    path = context.run.sources.find(name)
    with _tolerant(_open, path) as opened:
        _check_size(context, opened.width * opened.height)
        kind = opened.format
    frames = list(_decode(context, path, _DEMUXERS[kind])) if kind in _DEMUXERS else []
    return _stacked(frames) if frames else _read_with_pillow(context, path)


def _open(path: Path) -> Image.Image:
    return Image.open(path, formats=[kind for kind in _FORMATS if kind in Image.OPEN])


def _check_size(context: Context, pixels: int) -> None:
    limit = context.run.pixel_limit
    if pixels > limit:
        raise ValueError(f"The picture has {pixels} pixels; at most {limit} are allowed.")


def _decode(context: Context, path: Path, demuxer: str) -> Iterator[tuple[Any2D, Any2D | None]]:
    """(colours, alpha) of each frame, 0..255 or 0..1 by type."""
    total = 0
    with av.open(str(path), format=demuxer) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            for frame in _frames(packet):
                total += frame.width * frame.height
                _check_size(context, total)
                yield _pixels(frame)
                context.run.check()


def _frames(packet: "av.Packet[av.VideoStream]") -> list[av.VideoFrame]:
    try:
        return packet.decode()
    except av.error.InvalidDataError:
        return []


def _pixels(frame: av.VideoFrame) -> tuple[Any2D, Any2D | None]:
    kind = frame.format.name
    alpha = kind == "pal8" or any(part.is_alpha for part in frame.format.components)
    if kind in _BYTE_FORMATS:
        pixels = frame.to_ndarray(format="rgba" if alpha else "rgb24")
    else:
        pixels = _aligned(frame, "gbrapf32le" if alpha else "gbrpf32le")
    if frame.rotation:
        pixels = np.rot90(pixels, round(frame.rotation // 90)).copy()
    return (pixels[..., :-1], pixels[..., -1]) if alpha else (pixels, None)


def _aligned(frame: av.VideoFrame, kind: str) -> Any2D:
    """Converted at a width the converter handles the same way everywhere: a multiple of 32.

    What is added repeats the edge, and is cut off again.
    """
    width, height = frame.width, frame.height
    if width % _ALIGNMENT == 0:
        return frame.to_ndarray(format=kind)
    graph = av.filter.Graph()
    last: av.filter.context.FilterContext = graph.add_buffer(
        width=width, height=height, format=frame.format, time_base=frame.time_base
    )
    for step in (*_growth(width, height), ("buffersink",)):
        following = graph.add(*step)
        last.link_to(following)
        last = following
    graph.configure()
    graph.push(frame)
    padded = cast("av.VideoFrame", graph.pull())
    return np.ascontiguousarray(padded.to_ndarray(format=kind)[:height, :width])


def _growth(width: int, height: int) -> Iterator[tuple[str, str]]:
    """Filters up to the next multiples of 32; none can more than double a side."""
    target = (width + -width % _ALIGNMENT, height + -height % _ALIGNMENT)
    while (width, height) != target:
        right, below = min(width, target[0] - width), min(height, target[1] - height)
        width, height = width + right, height + below
        yield "pad", f"{width}:{height}:0:0"
        yield "fillborders", f"left=0:right={right}:top=0:bottom={below}:mode=smear"


def _stacked(frames: list[tuple[Any2D, Any2D | None]]) -> Picture:
    images = _floats(np.stack([colours for colours, _ in frames]))
    alphas = [alpha for _, alpha in frames if alpha is not None]
    return Picture(images, 1 - _floats(np.stack(alphas)) if alphas else None)


def _floats(values: Any2D) -> Images:
    return to_floats(values) if values.dtype == np.uint8 else values.astype(np.float32)


def _read_with_pillow(context: Context, path: Path) -> Picture:
    """For what the video library cannot decode, such as animated WebP."""
    images: list[Images] = []
    masks: list[Masks] = []
    with _tolerant(_open, path) as opened:
        size = opened.size
        for frame in ImageSequence.Iterator(opened):
            upright = _tolerant(_upright, frame)
            if images and upright.size != size:
                continue
            size = upright.size
            images.append(to_floats(np.array(upright.convert("RGB"))))
            masks.append(_mask(upright))
            _check_size(context, size[0] * size[1] * len(images))
            context.run.check()
    return Picture(np.stack(images), np.stack(masks))


def _upright(frame: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(frame)


def _mask(frame: Image.Image) -> Masks:
    if "A" in frame.getbands():
        return 1 - to_floats(np.array(frame.getchannel("A")))
    return np.zeros((64, 64), np.float32)


def _tolerant(read: Callable[..., T], argument: object) -> T:
    """A second try takes pictures that end too early; what is missing stays black."""
    try:
        return read(argument)
    except (OSError, UnidentifiedImageError, ValueError):
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            return read(argument)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
