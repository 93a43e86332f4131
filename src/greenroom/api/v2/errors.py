"""How API v2 words errors: {"error": {code, message, details}}."""

from collections.abc import Mapping
from typing import assert_never

from aiohttp import web

from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

RETRY_SECONDS = 5


def answer(error: AppError) -> web.Response:
    status, code = wording(error.code)
    told: dict[str, JsonValue] = {"code": code, "message": error.message}
    details = _details(error)
    if status >= 500:
        # What went wrong behind the API is nobody's business in front of it.
        told["message"] = "The request could not be served. Try again later."
        details = {}
    if details:
        told["details"] = details
    response = json_response({"error": told}, status)
    if status == 429:
        response.headers["Retry-After"] = str(error.details.get("retry_after", RETRY_SECONDS))
    return response


def blob_error(error: AppError) -> web.Response:
    """Where bytes are asked for by their hash."""
    if error.code is ErrorCode.NOT_FOUND:
        told = {"code": "blob_not_found", "message": error.message}
        return json_response({"error": told}, 404)
    return answer(error)


def stream_error(error: AppError) -> web.Response:
    """Where a stream is opened."""
    if error.code is ErrorCode.QUEUE_FULL:
        told = {"code": "too_many_streams", "message": error.message}
        headers = {"Retry-After": str(RETRY_SECONDS)}
        response = json_response({"error": told}, 429)
        response.headers.update(headers)
        return response
    return answer(error)


def wording(code: ErrorCode) -> tuple[int, str]:  # noqa: C901, PLR0911, PLR0912 - one table over a closed list
    """Status and code."""
    match code:
        case ErrorCode.BAD_REQUEST | ErrorCode.INVALID_JSON:
            return 422, "invalid_request"
        case ErrorCode.INVALID_GRAPH:
            return 422, "invalid_workflow"
        case ErrorCode.UNSUPPORTED_MEDIA:
            return 422, "workflow_format_ui"
        case ErrorCode.MISSING_ASSET:
            return 422, "missing_asset"
        case ErrorCode.KEY_REUSED:
            return 422, "idempotency_key_reuse"
        case ErrorCode.UNAUTHORIZED:
            return 401, "unauthorized"
        case ErrorCode.FORBIDDEN | ErrorCode.DISABLED:
            return 403, "forbidden"
        case ErrorCode.NOT_FOUND | ErrorCode.GONE:
            return 404, "not_found"
        case ErrorCode.HASH_MISMATCH:
            return 409, "hash_mismatch"
        case ErrorCode.IN_USE:
            return 409, "asset_in_use"
        case ErrorCode.CONFLICT | ErrorCode.ILLEGAL_TRANSITION | ErrorCode.LEASE_LOST:
            return 409, "conflict"
        case ErrorCode.TOO_LARGE:
            return 413, "too_large"
        case ErrorCode.QUEUE_FULL:
            return 429, "queue_full"
        case (
            ErrorCode.INTERNAL
            | ErrorCode.UNAVAILABLE
            | ErrorCode.STORAGE_FULL
            | ErrorCode.STORAGE_UNAVAILABLE
        ):
            return 500, "upstream_error"
        case _:
            assert_never(code)


def _details(error: AppError) -> JsonObject:
    if error.code not in {ErrorCode.INVALID_GRAPH, ErrorCode.MISSING_ASSET}:
        return error.details
    told: dict[str, JsonValue] = {}
    problem = error.details.get("error")
    if isinstance(problem, Mapping):
        told["reason"] = problem.get("type")
        info = problem.get("extra_info")
        if isinstance(info, Mapping):
            told |= info
    nodes = error.details.get("node_errors")
    if isinstance(nodes, Mapping) and nodes:
        told["node_errors"] = {node_id: _reasons(one) for node_id, one in nodes.items()}
    return told


def _reasons(node: JsonValue) -> JsonValue:
    errors = node.get("errors") if isinstance(node, Mapping) else None
    if not isinstance(errors, list):
        return []
    return [_reason(one) for one in errors if isinstance(one, Mapping)]


def _reason(error: JsonObject) -> JsonObject:
    info = error.get("extra_info")
    field = info.get("input_name") if isinstance(info, Mapping) else None
    return {
        "field": field,
        "reason": error.get("type"),
        "message": error.get("message"),
        "details": error.get("details"),
    }
