"""How the console API words errors: {code, message, details}."""

from aiohttp import web

from greenroom.api.console.shapes import Problem
from greenroom.api.error_status import status_of
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError


def answer(error: AppError) -> web.Response:
    problem = Problem(error.code.value, error.message, dict(error.details))
    return json_response(problem, status_of(error.code))
