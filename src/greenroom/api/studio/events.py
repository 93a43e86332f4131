"""The log as a list."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.studio.event_lines import entry_id_of, lines
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue

_KEPT = 1000
"""The list looks back this far."""
_USUAL = 100


async def show(call: Call) -> web.StreamResponse:
    """Oldest first. With `after`, what follows that event, else the newest; `types`, `severity`."""
    limit = _limit(call.query("limit"))
    after = call.query("after")
    if after is None:
        entries = await call.services.event_log.newest(call.principal, _KEPT)
        return json_response([line for line in lines(entries) if _wanted(call, line)][-limit:])
    return json_response(await _following(call, cursor_of(after), limit))


async def _following(call: Call, cursor: int, limit: int) -> list[dict[str, JsonValue]]:
    found: list[dict[str, JsonValue]] = []
    while len(found) < limit:
        entries = await call.services.event_log.after(call.principal, cursor, _KEPT)
        if not entries:
            break
        cursor = entries[-1].id
        found.extend(line for line in lines(entries) if _wanted(call, line))
    return found[:limit]


def cursor_of(text: str) -> int:
    """The place behind an event; BAD_REQUEST when the text is not the id of one."""
    cursor = entry_id_of(text)
    if cursor is None:
        raise AppError(ErrorCode.BAD_REQUEST, f"{text!r} is not the id of an event")
    return cursor


def _wanted(call: Call, line: dict[str, JsonValue]) -> bool:
    types = {one.strip() for one in (call.query("types") or "").split(",") if one.strip()}
    severity = call.query("severity")
    return (not types or line["type"] in types) and (not severity or line["severity"] == severity)


def _limit(text: str | None) -> int:
    if text is None:
        return _USUAL
    if not text.isdecimal() or not 0 < int(text[:9]) <= _KEPT:
        raise AppError(ErrorCode.BAD_REQUEST, f"limit is a number from 1 to {_KEPT}")
    return int(text)
