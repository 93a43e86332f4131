"""AppError as ComfyUI words errors."""

from typing import assert_never

from aiohttp import web

from greenroom.api.wire import empty, json_response, text_response
from greenroom.domain.errors import AppError, ErrorCode


def status_of(code: ErrorCode) -> int:  # noqa: C901, PLR0911 - one table over a closed list
    match code:
        case (
            ErrorCode.BAD_REQUEST
            | ErrorCode.INVALID_JSON
            | ErrorCode.INVALID_GRAPH
            | ErrorCode.UNSUPPORTED_MEDIA
            | ErrorCode.CONFLICT
        ):
            return 400
        case ErrorCode.UNAUTHORIZED:
            return 401
        case ErrorCode.FORBIDDEN:
            return 403
        case ErrorCode.NOT_FOUND:
            return 404
        case ErrorCode.ILLEGAL_TRANSITION | ErrorCode.LEASE_LOST:
            return 409
        case ErrorCode.TOO_LARGE:
            return 413
        case ErrorCode.QUEUE_FULL:
            return 429
        case ErrorCode.INTERNAL:
            return 500
        case ErrorCode.STORAGE_UNAVAILABLE | ErrorCode.UNAVAILABLE:
            return 503
        case ErrorCode.STORAGE_FULL:
            return 507
        case _:
            assert_never(code)


def prompt_error(error: AppError) -> web.Response:
    """The error body of POST /prompt, which the other routes share."""
    status = status_of(error.code)
    if error.code is ErrorCode.TOO_LARGE:
        return text_response(error.message, status)
    if error.code is ErrorCode.FORBIDDEN:
        return empty(status)
    if "error" in error.details:
        return json_response(error.details, status)
    told = {
        "type": error.code,
        "message": error.message,
        "details": "",
        "extra_info": error.details,
    }
    return json_response({"error": told, "node_errors": {}}, status)


def jobs_error(error: AppError) -> web.Response:
    """The error body of the jobs API."""
    if error.code is ErrorCode.FORBIDDEN:
        return empty(403)
    return json_response({"error": error.message, **error.details}, status_of(error.code))


def bare_error(error: AppError) -> web.Response:
    """For files: a status without a body."""
    return empty(status_of(error.code))


def text_error(error: AppError) -> web.Response:
    """For listings of user data: the message as plain text."""
    return text_response(error.message, status_of(error.code))


def user_file_error(error: AppError) -> web.Response:
    """For single user files: a file that is in the way is told, one that is not there is not."""
    if error.code is ErrorCode.CONFLICT:
        return text_response(error.message, 409)
    if error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        return empty(status_of(error.code))
    return text_error(error)
