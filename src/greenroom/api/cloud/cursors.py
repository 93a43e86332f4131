"""Where the next page of jobs begins, as an opaque text."""

import base64

from greenroom.api.cloud.parameters import bad
from greenroom.domain.browse import Place
from greenroom.domain.clock import Millis
from greenroom.domain.job import Job

_LONGEST = 100


def behind(job: Job) -> str:
    return write(Place(job.created_at, str(job.seq)))


def write(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place.at}.{place.key}".encode()).decode().rstrip("=")


def read(text: str) -> Place | None:
    """None for the beginning. BAD_REQUEST for what no page gave."""
    if not text:
        return None
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        at, _, key = base64.b64decode(padded, b"-_", validate=True).decode().partition(".")
    except ValueError:
        raise bad("The cursor is not one that a page gave.") from None
    if len(text) > _LONGEST or not (_is_number(at) and _is_number(key)):
        raise bad("The cursor is not one that a page gave.")
    return Place(Millis(int(at)), key)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
