"""The types of a JSON value, and its shortest text."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

JsonValue: TypeAlias = (
    "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)
JsonObject: TypeAlias = Mapping[str, JsonValue]

compact: Callable[[object], str] = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False
).encode
"""A JSON value as text without spaces, its characters as they are."""
