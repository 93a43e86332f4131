"""Points in time, for people."""

from datetime import UTC, datetime


def minute(at: int | None) -> str:
    """Of milliseconds since the Unix epoch; nothing for None."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
