"""A picture, or the first frame of a film, made small."""

import io
from pathlib import Path

import av
from PIL import Image, ImageOps, UnidentifiedImageError

from greenroom.domain.container import HEAD, Container, container_of
from greenroom.domain.errors import AppError, ErrorCode

_MOST_PIXELS = 100_000_000
_QUALITY = 80


def render(path: Path, mime: str, size: int, kind: str) -> bytes:
    """WEBP or JPEG whose longest side is `size` pixels at most. UNSUPPORTED_MEDIA, TOO_LARGE."""
    picture = _first_frame(path) if mime.startswith("video/") else _open(path, size)
    picture.thumbnail((size, size))
    if kind == "JPEG":
        picture = picture.convert("RGB")
    elif picture.mode not in {"RGB", "RGBA"}:
        picture = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
    out = io.BytesIO()
    picture.save(out, kind, quality=_QUALITY, method=2)
    return out.getvalue()


def _open(path: Path, size: int) -> Image.Image:
    try:
        picture = Image.open(path)
        if picture.width * picture.height > _MOST_PIXELS:
            raise AppError(ErrorCode.TOO_LARGE, "The picture has too many pixels.")
        picture.draft("RGB", (size, size))
        return ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise _no_picture() from error


def _first_frame(path: Path) -> Image.Image:
    try:
        with path.open("rb") as file:
            kind = container_of(file.read(HEAD))
        if kind is None or kind is Container.PICTURE:
            raise _no_picture()
        # With its reader named, a file cannot pose as a playlist that leads to others.
        with av.open(str(path), format=kind.value) as film:
            for frame in film.decode(video=0):
                return Image.fromarray(frame.to_ndarray(format="rgb24"))
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise _no_picture() from error
    raise _no_picture()


def _no_picture() -> AppError:
    return AppError(ErrorCode.UNSUPPORTED_MEDIA, "This file shows no picture.")
