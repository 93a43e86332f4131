"""JSON values as the editor's JavaScript writes them: every number is a double."""

import math
from collections.abc import Mapping
from decimal import Decimal

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.unreadable import unreadable

MAX_LEVELS = 100
"""Lists and objects inside one another in one value."""

_EXACT = 2**53
_PLAIN = 1e21
"""Doubles from here on are written with an exponent."""


def as_double(value: float) -> int | float:
    """A number after it went through a double: 1.0 is 1, 2**64 - 1 loses its last digits."""
    if isinstance(value, int):
        if -_EXACT <= value <= _EXACT:
            return value
        try:
            value = float(value)
        except OverflowError:
            return value
    if not math.isfinite(value) or abs(value) >= _PLAIN or not value.is_integer():
        return value
    return int(Decimal(repr(value)))


def as_javascript(value: JsonValue, levels: int = MAX_LEVELS) -> JsonValue:
    """A JSON value with every number in it as JavaScript would write it.

    INVALID_GRAPH when it is nested more than `levels` deep.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return as_double(value)
    if levels <= 0:
        raise unreadable(f"a value is nested more than {MAX_LEVELS} levels deep")
    if isinstance(value, Mapping):
        return {key: as_javascript(item, levels - 1) for key, item in value.items()}
    return [as_javascript(item, levels - 1) for item in value]


def as_text(value: JsonValue, levels: int = MAX_LEVELS) -> str:
    """What JavaScript's `value + ""` gives for a widget's value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(as_double(value))
    if isinstance(value, str):
        return value
    if levels <= 0 or isinstance(value, Mapping):
        return "[object Object]"
    return ",".join(as_text(item, levels - 1) for item in value)
