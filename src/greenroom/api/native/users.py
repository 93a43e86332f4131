"""/users, and which of a tenant's users a request is for: the one that `comfy-user` names."""

from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call, Handler
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode

_HEADER = "comfy-user"


class Users:
    def __init__(self, *, several: bool) -> None:
        """Without `several`, everybody with a key of the tenant is its one user."""
        self._several = several

    async def show(self, call: Call) -> web.StreamResponse:
        """Where there is one user, the server has the data: none is to be moved from the page."""
        if not self._several:
            return json_response({"storage": "server", "migrated": True})
        known = await call.services.userdata.users(call.principal)
        return json_response({"storage": "server", "users": known})

    async def add(self, call: Call) -> web.StreamResponse:
        body = await read_object(call.request)
        name = body.get("username")
        if not isinstance(name, str):
            raise AppError(ErrorCode.BAD_REQUEST, "username not provided")
        return json_response(await call.services.userdata.add_user(call.principal, name))

    def own(self, handler: Handler, stranger: Callable[[], web.Response]) -> Handler:
        """The handler on the data of the user; `stranger` answers where no such user is."""
        if not self._several:
            return handler

        async def handle(call: Call) -> web.StreamResponse:
            user = call.request.headers.get(_HEADER, "")
            if user not in await call.services.userdata.users(call.principal):
                return stranger()
            return await handler(replace(call, principal=replace(call.principal, user=user)))

        return handle
