"""How large and how long the picture, film or sound in a file is, by its header."""

import logging
from pathlib import Path

from greenroom.domain.asset import NO_EXTENT, Extent
from greenroom.domain.container import HEAD, Container, container_of

_log = logging.getLogger(__name__)
_TURNED = frozenset({5, 6, 7, 8})
"""EXIF orientations that show a picture lying on its side upright."""
_ORIENTATION = 0x0112
_PROBING = {"probesize": "4000000", "analyzeduration": "2000000"}
"""At most as many bytes, and as many microseconds of film, are looked at."""


def extent_of(path: Path) -> Extent:
    """NO_EXTENT for a file of another kind, and for one that is broken."""
    try:
        with path.open("rb") as file:
            kind = container_of(file.read(HEAD))
        if kind is None:
            return NO_EXTENT
        return _of_picture(path) if kind is Container.PICTURE else _of_film(path, kind)
    except Exception:  # noqa: BLE001 - anybody's files: whatever the readers trip over, they are kept
        _log.debug("the extent of %s cannot be read", path, exc_info=True)
        return NO_EXTENT


def _of_picture(path: Path) -> Extent:
    from PIL import Image  # noqa: PLC0415 - a server that stores no pictures never needs it

    with Image.open(path) as picture:
        width, height = picture.size
        # Elsewhere the orientation may stand behind the pixels.
        turned = picture.format == "JPEG" and picture.getexif().get(_ORIENTATION) in _TURNED
    return Extent(height, width) if turned else Extent(width, height)


def _of_film(path: Path, kind: Container) -> Extent:
    import av  # noqa: PLC0415 - 20 MB that a server without films never needs

    # With its reader named, a file cannot pose as a playlist that leads to others.
    with av.open(str(path), format=kind.value, options=_PROBING) as film:
        length = None if film.duration is None else round(film.duration * 1000 / av.time_base)
        for stream in film.streams.video:
            if not stream.disposition & av.stream.Disposition.attached_pic:
                return Extent(stream.width, stream.height, length)
    return Extent(duration_ms=length)
