"""Query parameters, checked."""

import json

from greenroom.api.context import Call
from greenroom.domain.asset_query import AssetQuery
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

_LARGEST = 2**31


def whole(call: Call, name: str, default: int, smallest: int, largest: int = _LARGEST) -> int:
    """BAD_REQUEST for what is no whole number between the two."""
    told = call.query(name)
    if told is None:
        return default
    try:
        number = int(told)
    except ValueError:
        raise bad(f"'{name}' must be a whole number.") from None
    if not smallest <= number <= largest:
        raise bad(f"'{name}' lies between {smallest} and {largest}.")
    return number


def choice(call: Call, name: str, default: str, words: tuple[str, ...]) -> str:
    word = call.query(name) or default
    if word not in words:
        raise bad(f"'{name}' is one of {', '.join(words)}.")
    return word


def flag(call: Call, name: str) -> bool:
    return (call.query(name) or "").lower() in {"true", "1"}


def text(call: Call, name: str) -> str | None:
    """None for an empty one."""
    value = call.query(name)
    return None if not value else _clean(value)


def asset_query(call: Call) -> AssetQuery:
    """`include_tags`, `exclude_tags`, `name_contains` and `metadata_filter`."""
    return AssetQuery(
        with_tags=_listed(call, "include_tags"),
        without_tags=_listed(call, "exclude_tags"),
        name=text(call, "name_contains"),
        metadata=_metadata(text(call, "metadata_filter")),
    )


def bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)


def _listed(call: Call, name: str) -> tuple[str, ...]:
    """With commas, or given more than once."""
    values = call.request.query.getall(name, [])
    return tuple(_clean(word) for value in values for word in value.split(",") if word)


def _clean(value: str) -> str:
    """Not every database can compare with NUL in a text."""
    if "\0" in value:
        raise bad("A text must not contain the character NUL.")
    return value


def _metadata(told: str | None) -> JsonObject:
    if told is None:
        return {}
    try:
        value: JsonValue = json.loads(told)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise bad("'metadata_filter' must be a JSON object.")
    return value
