"""Pictures encoded anew, a few at a time, in threads; the imaging library comes with the first."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_DEFAULT_QUALITY = 90
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """How a picture is to be encoded."""

    format: str
    """WEBP, JPEG or PNG."""
    quality: int
    channel: str
    """rgb drops transparency, a shows it alone, anything else keeps what is there."""


def preview_wish(preview: str, channel: str) -> Wish:
    """`webp;50`: a format, and after a semicolon its quality. WebP for what JPEG cannot hold."""
    parts = preview.split(";")
    wanted = parts[0].lower()
    kind = "JPEG" if wanted == "jpeg" and "a" not in channel else "WEBP"
    last = parts[-1]
    quality = int(last) if last.isascii() and last.isdigit() and len(last) < 4 else _DEFAULT_QUALITY
    return Wish(kind, min(quality, 100), "rgb" if channel == "rgb" else "")


class Pictures:
    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def render(self, path: Path, wish: Wish) -> bytes:
        """UNSUPPORTED_MEDIA when the file is no picture, TOO_LARGE when it has too many pixels."""
        async with self._room:
            return await asyncio.to_thread(_render, path, wish)

    async def lay_mask(self, original: Path, mask: IO[bytes]) -> bytes:
        """The original with the transparency of `mask`, as PNG. UNSUPPORTED_MEDIA, TOO_LARGE."""
        async with self._room:
            return await asyncio.to_thread(_lay_mask, original, mask)


def _render(path: Path, wish: Wish) -> bytes:
    from greenroom.api.comfy import pixels  # noqa: PLC0415 - 20 MB that most servers never need

    return pixels.render(path, wish.format, wish.quality, wish.channel)


def _lay_mask(original: Path, mask: IO[bytes]) -> bytes:
    from greenroom.api.comfy import pixels  # noqa: PLC0415 - likewise

    return pixels.lay_mask(original, mask)
