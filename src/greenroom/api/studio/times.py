"""Instants as Studio writes them: whole seconds in the machine's own time, without a zone."""

from datetime import UTC, datetime

from greenroom.domain.clock import Millis


def iso(at: Millis) -> str:
    """`2026-03-24T14:30:52`."""
    local = datetime.fromtimestamp(at // 1000, tz=UTC).astimezone()
    return local.replace(tzinfo=None).isoformat(timespec="seconds")


def iso_or_none(at: Millis | None) -> str | None:
    return None if at is None else iso(at)
