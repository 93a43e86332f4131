"""How Comfy Cloud words errors: {code, message}."""

from aiohttp import web

from greenroom.api import error_status
from greenroom.api.wire import json_response, text_response
from greenroom.domain.errors import AppError, ErrorCode

RETRY_SECONDS = 5
_BAD = frozenset({ErrorCode.CONFLICT, ErrorCode.UNSUPPORTED_MEDIA, ErrorCode.MISSING_ASSET})
_TROUBLE = frozenset({ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_UNAVAILABLE, ErrorCode.UNAVAILABLE})
_WORDS = {ErrorCode.IN_USE: "ASSET_IN_USE", ErrorCode.QUEUE_FULL: "QUEUE_LIMIT"}


def answer(error: AppError) -> web.Response:
    status = 500 if error.code in _TROUBLE else error_status.status_of(error.code)
    return json_response({"code": word(error.code), "message": error.message}, status)


def prompt_error(error: AppError) -> web.Response:
    """The error body of POST /api/prompt: ComfyUI's, with the node errors."""
    status = _prompt_status(error.code)
    told = error.details
    if "error" not in told:
        kind = {"type": word(error.code), "message": error.message, "details": ""}
        told = {"error": {**kind, "extra_info": error.details}, "node_errors": {}}
    response = json_response(told, status)
    if status == 429:
        response.headers["Retry-After"] = str(error.details.get("retry_after", RETRY_SECONDS))
    return response


def upload_error(error: AppError) -> web.Response:
    """Where pictures are uploaded: whatever is wrong with one is a bad request."""
    if error.code in {ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA}:
        error = AppError(ErrorCode.BAD_REQUEST, error.message)
    return answer(error)


def view_error(error: AppError) -> web.Response:
    """Where a file is shown: one that cannot be is a bad request."""
    if error.code in {ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA}:
        error = AppError(ErrorCode.BAD_REQUEST, error.message)
    return answer(error)


def user_file_error(error: AppError) -> web.Response:
    """Where user data is written: the message as plain text."""
    status = 500 if error.code in _TROUBLE else error_status.status_of(error.code)
    return text_response(error.message, status)


def word(code: ErrorCode) -> str:
    return _WORDS.get(code, code.value.upper())


def _prompt_status(code: ErrorCode) -> int:
    if code in _TROUBLE:
        return 503
    return 400 if code in _BAD else error_status.status_of(code)
