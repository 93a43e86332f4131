"""Turn a caller away: a program with a status, a person to the login page."""

from urllib.parse import urlencode

from aiohttp import web

from greenroom.api.routes import ErrorAnswer
from greenroom.domain.errors import AppError, ErrorCode

LOGIN = "/login"


def refusal(
    request: web.Request, error: AppError, errors: ErrorAnswer, *, page: bool
) -> web.StreamResponse:
    """The dialect's own words, except where a browser wants to show something."""
    if error.code is not ErrorCode.UNAUTHORIZED:
        return errors(error)
    if request.method in {"GET", "HEAD"} and (page or _is_opened_by_a_person(request)):
        query = urlencode({"next": request.path_qs})
        return web.Response(status=302, headers={"Location": f"{LOGIN}?{query}"})
    response = errors(error)
    response.headers.setdefault("WWW-Authenticate", "Bearer")
    return response


def _is_opened_by_a_person(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")
