"""/settings: what the frontend remembers of its user."""

from aiohttp import web

from greenroom.api.bodies import read_json, read_object
from greenroom.api.context import Call
from greenroom.api.wire import empty, json_response, text_response
from greenroom.domain.errors import AppError, ErrorCode

_LONGEST_KEY = 1024


async def show(call: Call) -> web.StreamResponse:
    return json_response(await call.services.userdata.settings(call.principal))


async def show_one(call: Call) -> web.StreamResponse:
    """The value, or null where it was never set."""
    known = await call.services.userdata.settings(call.principal)
    return json_response(known.get(call.part("id")))


async def merge(call: Call) -> web.StreamResponse:
    values = await read_object(call.request)
    for key in values:
        _check(key)
    await call.services.userdata.put_settings(call.principal, values)
    return empty()


async def put_one(call: Call) -> web.StreamResponse:
    value = await read_json(call.request)
    key = _check(call.part("id"))
    await call.services.userdata.put_settings(call.principal, {key: value})
    return empty()


def unauthorized() -> web.Response:
    """For a user who is not there."""
    return text_response("401: Unauthorized", 401)


def _check(key: str) -> str:
    """BAD_REQUEST for a name that not every database can hold."""
    if "\0" in key or len(key) > _LONGEST_KEY:
        raise AppError(ErrorCode.BAD_REQUEST, "This cannot be the name of a setting.")
    return key
