"""Lengths of time and sizes as people write them: `7d`, `200GB`."""

import re

from greenroom.domain.errors import AppError, ErrorCode

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_DURATIONS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SIZES = {"": 1, "b": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmgtp", start=1)
    for ending, base in (("", 1000), ("b", 1000), ("ib", 1024))
}


def milliseconds(text: str) -> int:
    """`90s`, `15m`, `12h`, `7d`, `2w`. BAD_REQUEST."""
    return _read(text, _DURATIONS, "a length of time such as 12h or 7d")


def size(text: str) -> int:
    """Bytes: `500MB`, `200GB`, `1TiB`, or a plain number. BAD_REQUEST."""
    return _read(text, _SIZES, "a size such as 500MB or 200GB")


def _read(text: str, units: dict[str, int], kind: str) -> int:
    found = _NUMBER.fullmatch(text.strip())
    unit = None if found is None else units.get(found[2].lower())
    if found is None or unit is None:
        raise AppError(ErrorCode.BAD_REQUEST, f"{text!r} is not {kind}")
    return round(float(found[1]) * unit)
