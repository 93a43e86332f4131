"""The place where a page begins, as an opaque word in a URL."""

from greenroom.domain.browse import Place
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode


def write(place: Place | None) -> str | None:
    return None if place is None else f"{place.at}.{place.key}"


def read(text: str | None) -> Place | None:
    """BAD_REQUEST for a word that no page gave."""
    if not text:
        return None
    at, dot, key = text.partition(".")
    if not dot or not at.isascii() or not at.isdigit() or len(at) > 15:
        raise AppError(ErrorCode.BAD_REQUEST, "The cursor is not one that a page gave.")
    return Place(Millis(int(at)), key)
