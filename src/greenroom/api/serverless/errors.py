"""How the serverless API words errors: {error_code, error_message, message, detail}."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from aiohttp import web

from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

RETRY_SECONDS = 5


def answer(error: AppError) -> web.Response:
    status, number = wording(error.code)
    told: dict[str, JsonValue] = {
        "error_code": number,
        "error_message": error.message,
        "message": error.message,
    }
    detail = list(_detail(error))
    if status == 422:
        told["detail"] = detail or [_entry(["body"], error.message, error.code.value)]
    response = json_response(told, status)
    if status == 429:
        response.headers["Retry-After"] = str(error.details.get("retry_after", RETRY_SECONDS))
    return response


def wording(code: ErrorCode) -> tuple[int, int]:  # noqa: C901, PLR0911, PLR0912 - one table over a closed list
    """HTTP status, and the API's own number."""
    match code:
        case (
            ErrorCode.BAD_REQUEST
            | ErrorCode.INVALID_JSON
            | ErrorCode.INVALID_GRAPH
            | ErrorCode.MISSING_ASSET
            | ErrorCode.UNSUPPORTED_MEDIA
            | ErrorCode.HASH_MISMATCH
        ):
            return 422, 422001
        case ErrorCode.UNAUTHORIZED:
            return 401, 401001
        case ErrorCode.FORBIDDEN:
            return 403, 403003
        case ErrorCode.NOT_FOUND:
            return 404, 404001
        case ErrorCode.DISABLED:
            return 409, 10002
        case ErrorCode.GONE:
            return 410, 10003
        case (
            ErrorCode.CONFLICT
            | ErrorCode.KEY_REUSED
            | ErrorCode.IN_USE
            | ErrorCode.ILLEGAL_TRANSITION
            | ErrorCode.LEASE_LOST
        ):
            return 409, 409001
        case ErrorCode.TOO_LARGE:
            return 413, 413001
        case ErrorCode.QUEUE_FULL:
            return 429, 429001
        case ErrorCode.INTERNAL:
            return 500, 500001
        case ErrorCode.STORAGE_UNAVAILABLE | ErrorCode.UNAVAILABLE:
            return 503, 503001
        case ErrorCode.STORAGE_FULL:
            return 507, 507001
        case _:
            assert_never(code)


def _detail(error: AppError) -> Iterator[JsonObject]:
    """What is wrong where: of one field, of overrides, or of the nodes of a graph."""
    field = error.details.get("field")
    if isinstance(field, str):
        yield _entry(["body", field], error.message, "value_error")
    problems = error.details.get("problems")
    for one in problems if isinstance(problems, list) else ():
        if isinstance(one, Mapping) and isinstance(place := one.get("place"), list):
            yield _entry(["body", *place], str(one["message"]), str(one["type"]))
    nodes = error.details.get("node_errors")
    for node_id, node in nodes.items() if isinstance(nodes, Mapping) else ():
        yield from _of_node(node_id, node)


def _of_node(node_id: str, node: JsonValue) -> Iterator[JsonObject]:
    reasons = node.get("errors") if isinstance(node, Mapping) else None
    if isinstance(reasons, str) or not isinstance(reasons, Sequence):
        return
    for reason in reasons:
        if not isinstance(reason, Mapping):
            continue
        info = reason.get("extra_info")
        name = info.get("input_name") if isinstance(info, Mapping) else None
        place: list[JsonValue] = ["body", "workflow", node_id]
        place += ["inputs", name] if isinstance(name, str) else []
        parts = (str(reason.get("message") or ""), str(reason.get("details") or ""))
        told = ": ".join(part for part in parts if part)
        yield _entry(place, told, str(reason.get("type")))


def _entry(place: list[JsonValue], message: str, kind: str) -> JsonObject:
    return {"loc": place, "msg": message, "type": kind}
