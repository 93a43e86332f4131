"""How the API of workers and tenants words errors: {code, message, details}."""

from aiohttp import web

from greenroom.api.error_status import status_of
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError


def answer(error: AppError) -> web.Response:
    body = {"code": error.code, "message": error.message, "details": error.details}
    return json_response(body, status_of(error.code))
