"""How large a picture may be that comes in by the upload routes."""

import asyncio
from pathlib import Path
from typing import IO

from greenroom.api.cloud.parameters import bad
from greenroom.api.media_types import media_type

LARGEST_FILE = 50 * 1024 * 1024
_LONGEST_EDGE = 16_384
_MOST_PIXELS = 64 * 1024 * 1024
_LOOKED_AT = frozenset({
    "image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff",
})  # fmt: skip
"""Others, such as films, are taken as they are."""


async def require_fitting(source: IO[bytes] | Path, name: str) -> None:
    """BAD_REQUEST for a picture that is too large, or that is none despite its name."""
    if media_type(name) not in _LOOKED_AT:
        return
    width, height = await asyncio.to_thread(_size, source)
    if max(width, height) > _LONGEST_EDGE or width * height > _MOST_PIXELS:
        raise bad(
            f"The picture has {width} x {height} pixels; it may have {_LONGEST_EDGE} at each edge "
            f"and {_MOST_PIXELS} in all."
        )


def _size(source: IO[bytes] | Path) -> tuple[int, int]:
    """From the head of the file; its pixels are not decoded."""
    from PIL import Image  # noqa: PLC0415 - 20 MB that most servers never need

    try:
        if not isinstance(source, Path):
            source.seek(0)
        with Image.open(source) as picture:
            size: tuple[int, int] = picture.size
    except Image.DecompressionBombError as error:
        raise bad("The picture has too many pixels.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise bad("The file is not a picture of the kind that its name says.") from error
    return size
