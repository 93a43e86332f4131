"""Pictures written to files or shown."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from greenroom.domain.json import JsonValue
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.pixels import Images, to_bytes

_SAVED, _SHOWN = 4, 1
"""How hard PNG files are compressed."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def temp_prefix(prefix: str = "ComfyUI") -> str:
    """A prefix of its own for a picture that is only shown."""
    return f"{prefix}_temp_" + "".join(secrets.choice(_LETTERS) for _ in range(5))


def png_text(metadata: Mapping[str, Any]) -> PngInfo:
    info = PngInfo()
    for key, value in metadata.items():
        info.add_text(key, json.dumps(value))
    return info


def save_pngs(
    context: Context, images: Images, root: str, prefix: str, compress_level: int
) -> list[JsonValue]:
    """Write each picture; the items that name the files."""
    series = context.run.naming.series(root, prefix, images[0].shape[1], images[0].shape[0])
    info = png_text(context.metadata())
    items: list[JsonValue] = []
    for number, image in enumerate(context.steps(images, len(images))):
        path, item = series.next("png", batch=number)
        picture = Image.fromarray(to_bytes(image))
        picture.save(path, pnginfo=info, compress_level=compress_level)
        items.append(item)
    return items


@node("SaveImage")
def save_image(context: Context, images: Images, filename_prefix: str = "ComfyUI") -> Result:
    items = save_pngs(context, images, "output", filename_prefix, _SAVED)
    return Result({"images": items}, (images,))


@node("PreviewImage")
def preview_image(context: Context, images: Images) -> Result:
    items = save_pngs(context, images, "temp", temp_prefix(), _SHOWN)
    return Result({"images": items}, (images,))
