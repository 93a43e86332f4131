"""Pictures written to files or shown."""

import io
import json
import secrets
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from greenroom.domain.json import JsonValue
from greenroom.domain.run import PreviewFormat
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.nodes.mask import mask_as_image
from greenroom.engine.cpu.pixels import Images, Masks, to_bytes

_SAVED, _SHOWN = 4, 1
"""How hard PNG files are compressed."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def temp_prefix(prefix: str = "ComfyUI") -> str:
    """A prefix of its own for what is only shown."""
    return f"{prefix}_temp_" + "".join(secrets.choice(_LETTERS) for _ in range(5))


def pictures(images: Images) -> list[Image.Image]:
    return [Image.fromarray(to_bytes(image)) for image in images]


def _text_chunks(metadata: Mapping[str, Any]) -> PngInfo:
    info = PngInfo()
    for key, value in metadata.items():
        info.add_text(key, json.dumps(value))
    return info


def _save_pngs(
    context: Context, images: Images, place: tuple[str, str], level: int, info: PngInfo
) -> list[JsonValue]:
    """Write each picture into `place` (root, prefix); the items that name the files."""
    height, width = images.shape[1:3]
    series = context.run.naming.series(*place, width, height)
    items: list[JsonValue] = []
    for number, image in enumerate(context.steps(images, len(images))):
        path, item = series.next("png", batch=number)
        Image.fromarray(to_bytes(image)).save(path, pnginfo=info, compress_level=level)
        items.append(item)
    return items


def show_pngs(context: Context, images: Images, prefix: str = "ComfyUI") -> list[JsonValue]:
    """Temporary files without metadata."""
    return _save_pngs(context, images, ("temp", temp_prefix(prefix)), _SHOWN, PngInfo())


@node("SaveImage")
def save_image(context: Context, images: Images, filename_prefix: str = "ComfyUI") -> Result:
    info = _text_chunks(context.metadata())
    items = _save_pngs(context, images, ("output", filename_prefix), _SAVED, info)
    return Result({"images": items}, (images,))


@node("PreviewImage")
def preview_image(context: Context, images: Images) -> Result:
    info = _text_chunks(context.metadata())
    items = _save_pngs(context, images, ("temp", temp_prefix()), _SHOWN, info)
    return Result({"images": items}, (images,))


@node("MaskPreview")
def mask_preview(context: Context, mask: Masks) -> Result:
    items = show_pngs(context, mask_as_image(mask))
    return Result({"images": items, "animated": [False]}, (mask,))


@node("ImageCompare")
def image_compare(
    context: Context,
    compare_view: object = None,
    image_a: Images | None = None,
    image_b: Images | None = None,
) -> Result:
    del compare_view
    ui: dict[str, JsonValue] = {}
    for side, images in (("a", image_a), ("b", image_b)):
        if images is None or not len(images):
            ui[f"{side}_images"] = []
        else:
            ui[f"{side}_images"] = show_pngs(context, images, f"comfy.compare.{side}")
    return Result(ui)


@node("SaveImageWebsocket", fresh=True)
def save_image_websocket(context: Context, images: Images) -> tuple[()]:
    for number, picture in enumerate(pictures(images)):
        data = io.BytesIO()
        picture.save(data, "PNG", compress_level=_SHOWN)
        context.preview(data.getvalue(), PreviewFormat.PNG, number, len(images))
    return ()
