"""Points in time as the newer APIs write them."""

from datetime import UTC, datetime
from functools import lru_cache

from greenroom.domain.clock import Millis

_REMEMBERED = 8_192
"""Who follows a job asks for the same few again and again."""


@lru_cache(_REMEMBERED)
def instant(at: Millis) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
