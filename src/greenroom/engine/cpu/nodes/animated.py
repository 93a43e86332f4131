"""Batches of pictures written as one moving picture."""

import json
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.nodes.save import pictures
from greenroom.engine.cpu.pixels import Images

_EFFORTS = {"default": 4, "fastest": 0, "slowest": 6}
_EXIF_MODEL, _EXIF_MAKE = 0x0110, 0x010F


@node("SaveAnimatedPNG")
def save_animated_png(
    context: Context, images: Images, fps: float, compress_level: int, filename_prefix: str
) -> Result:
    series = context.run.naming.series("output", filename_prefix, *images.shape[2:0:-1])
    path, item = series.next("png")
    first, *others = pictures(images)
    first.save(
        path,
        pnginfo=_chunks(context.metadata()),
        compress_level=compress_level,
        save_all=True,
        duration=int(1000 / fps),
        append_images=others,
    )
    return Result(_shown(item, images), (images,))


def _chunks(metadata: Mapping[str, Any]) -> PngInfo:
    """In chunks of their own kind, after the first frame."""
    info = PngInfo()
    for key, value in metadata.items():
        info.add(b"comf", f"{key}\0{json.dumps(value)}".encode("latin-1"), after_idat=True)
    return info


@node("SaveAnimatedWEBP")
def save_animated_webp(
    context: Context,
    *,
    images: Images,
    filename_prefix: str,
    fps: float,
    lossless: bool,
    quality: int,
    method: str,
) -> Result:
    series = context.run.naming.series("output", filename_prefix, *images.shape[2:0:-1])
    path, item = series.next("webp")
    first, *others = pictures(images)
    first.save(
        path,
        save_all=True,
        duration=int(1000 / fps),
        append_images=others,
        exif=_exif(first, context.metadata()),
        lossless=lossless,
        quality=quality,
        method=_EFFORTS[method],
    )
    return Result(_shown(item, images), (images,))


def _exif(picture: Image.Image, metadata: Mapping[str, Any]) -> Image.Exif:
    """The prompt under Model, the rest from Make downwards."""
    exif = picture.getexif()
    others = [key for key in metadata if key != "prompt"]
    exif[_EXIF_MODEL] = f"prompt:{json.dumps(metadata['prompt'])}"
    for place, key in enumerate(others):
        exif[_EXIF_MAKE - place] = f"{key}:{json.dumps(metadata[key])}"
    return exif


def _shown(item: JsonObject, images: Images) -> JsonObject:
    ui: dict[str, JsonValue] = {"images": [item]}
    if len(images) > 1:
        ui["animated"] = [True]
    return ui
