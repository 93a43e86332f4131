"""The body with which a deployment is made or changed, checked."""

import re
from collections.abc import Mapping
from typing import Any

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.domain.deployment import DeploymentChange
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

_VERSION = re.compile(r"v?([1-9][0-9]{0,8})")
_NUMBERS: Mapping[str, str] = {
    "min_instances": "min_instances",
    "max_instances": "max_instances",
    "queue_size": "queue_size",
    "keep_warm_duration_in_seconds": "keep_warm_s",
}
_TEXTS = ("name", "workflow_id", "readme")
_LARGEST = 2**31 - 1
_KNOWN = frozenset({*_NUMBERS, *_TEXTS, "workflow_version", "hardware", "is_enabled"})


async def read_change(call: Call) -> DeploymentChange:
    """BAD_REQUEST names the field that cannot be."""
    body = await read_object(call.request)
    if others := sorted(set(body) - _KNOWN):
        raise _bad(others[0], f"there is no field {others[0]!r} of a deployment")
    given: dict[str, Any] = {name: _text(name, body) for name in _TEXTS}
    given |= {ours: _number(name, body) for name, ours in _NUMBERS.items()}
    return DeploymentChange(
        **given,
        version=_version(body.get("workflow_version")),
        hardware=_hardware(body.get("hardware")),
        enabled=_flag("is_enabled", body),
    )


def _text(name: str, body: JsonObject) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise _bad(name, f"{name} is a text")
    return value


def _number(name: str, body: JsonObject) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise _bad(name, f"{name} is a whole number")
    return value


def _flag(name: str, body: JsonObject) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _bad(name, f"{name} is true or false")
    return value


def _version(value: JsonValue) -> int | None:
    if value is None:
        return None
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise _bad("workflow_version", "workflow_version is a version such as v1")
    return int(found[1])


def _hardware(value: JsonValue) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _bad("hardware", 'hardware is a list with one name, such as ["AMPERE_48"]')
    return tuple(str(name) for name in value)


def _bad(field: str, message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message, {"field": field})
