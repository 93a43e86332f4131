"""AppError as ComfyUI words errors."""

from aiohttp import web

from greenroom.api import error_status
from greenroom.api.wire import empty, json_response, text_response
from greenroom.domain.errors import AppError, ErrorCode


def status_of(code: ErrorCode) -> int:
    """ComfyUI calls a taken id and an unreadable picture bad requests."""
    if code in {ErrorCode.CONFLICT, ErrorCode.UNSUPPORTED_MEDIA}:
        return 400
    return error_status.status_of(code)


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
    """For files: a status without a body, unless the server itself is in trouble."""
    status = status_of(error.code)
    return empty(status) if status < 500 else text_response(error.message, status)


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
