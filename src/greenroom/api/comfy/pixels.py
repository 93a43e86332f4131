"""Decode and encode pictures. Heavy to import: only `pictures.py` does, and not at start-up."""

import io
from pathlib import Path
from typing import IO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from greenroom.domain.errors import AppError, ErrorCode

_PIXEL_LIMIT = 178_000_000


def render(path: Path, kind: str, quality: int, channel: str) -> bytes:
    """The picture as `kind` (WEBP, JPEG, PNG); channel rgb drops transparency, a shows it alone."""
    with path.open("rb") as file:
        picture = _read(file)
    if channel == "rgb":
        picture = _without_alpha(picture)
    elif channel == "a":
        picture = _alpha_alone(picture)
    if kind == "JPEG":
        picture = picture.convert("RGB")
    elif kind == "WEBP" and picture.mode not in {"RGB", "RGBA"}:
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    target = io.BytesIO()
    picture.save(target, format=kind, quality=quality)
    return target.getvalue()


def lay_mask(original: Path, mask: IO[bytes]) -> bytes:
    """The original with the transparency of `mask`, as PNG with the original's text."""
    with original.open("rb") as file:
        base = _read(file)
    notes = PngInfo()
    for key, text in getattr(base, "text", {}).items():
        notes.add_text(key, text)
    masked = base.convert("RGBA")
    alpha = _read(mask).convert("RGBA").getchannel("A")
    if alpha.size != masked.size:
        message = "The mask and the original differ in size."
        raise AppError(ErrorCode.BAD_REQUEST, message)
    masked.putalpha(alpha)
    target = io.BytesIO()
    masked.save(target, format="PNG", compress_level=4, pnginfo=notes)
    return target.getvalue()


def _without_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    red, green, blue, _ = picture.split()
    return Image.merge("RGB", (red, green, blue))


def _alpha_alone(picture: Image.Image) -> Image.Image:
    """Black where the picture is, with its transparency."""
    opaque = picture.mode != "RGBA"
    alpha = Image.new("L", picture.size, 255) if opaque else picture.getchannel("A")
    shown = Image.new("RGBA", picture.size)
    shown.putalpha(alpha)
    return shown


def _read(source: IO[bytes]) -> Image.Image:
    """A picture with all its pixels read."""
    try:
        picture = Image.open(source)
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (OSError, ValueError) as error:
        raise AppError(ErrorCode.UNSUPPORTED_MEDIA, "The file is not a picture.") from error
    if picture.width * picture.height > _PIXEL_LIMIT:
        raise _too_large()
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError) as error:
        message = "The picture is damaged."
        raise AppError(ErrorCode.UNSUPPORTED_MEDIA, message) from error
    return picture


def _too_large() -> AppError:
    return AppError(ErrorCode.TOO_LARGE, "The picture has too many pixels.")
