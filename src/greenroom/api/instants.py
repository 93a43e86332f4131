"""Points in time as the newer APIs write them."""

from datetime import UTC, datetime

from greenroom.domain.clock import Millis


def instant(at: Millis) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
