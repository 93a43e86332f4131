"""Make, list and revoke API keys over HTTP."""

from typing import Any

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.credentials import Credentials
from greenroom.api.error_status import status_of
from greenroom.api.routes import Dialect, Route
from greenroom.api.settings import EdgeSettings
from greenroom.api.wire import json_response
from greenroom.domain.api_key import ApiKey, KeyRole
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.services import Services


class KeysApi:
    def __init__(self, services: Services, settings: EdgeSettings) -> None:
        self._credentials = Credentials(services, settings)
        self._loopback = settings.loopback
        self._has_another = settings.api_key is not None

    async def show(self, call: Call) -> web.StreamResponse:
        self._refuse_strangers()
        keys = await call.services.keys.all(call.principal)
        return json_response({"keys": [_told(key) for key in keys]})

    async def create(self, call: Call) -> web.StreamResponse:
        """The only answer that holds the key itself."""
        self._refuse_strangers()
        body = await read_object(call.request)
        name, role = body.get("name"), body.get("role", KeyRole.CLIENT.value)
        if not isinstance(name, str):
            raise AppError(ErrorCode.BAD_REQUEST, "Give the key a name.")
        if role not in set(KeyRole):
            raise AppError(ErrorCode.BAD_REQUEST, f"The role is one of {', '.join(KeyRole)}.")
        made = await call.services.keys.create(call.principal, name, KeyRole(str(role)))
        response = json_response({**_told(made.key), "key": made.secret}, 201)
        response.headers["Cache-Control"] = "no-store"
        return response

    async def revoke(self, call: Call) -> web.StreamResponse:
        """Also what is open with the key ends. `?last=true` means the last one as well."""
        self._refuse_strangers()
        even_last = self._has_another or call.query("last") == "true"
        keys = call.services.keys
        key = await keys.revoke(call.principal, call.part("key"), even_last=even_last)
        return json_response(_told(key))

    def _refuse_strangers(self) -> None:
        """On a server that is open to others, anybody could lock out its owner."""
        if not self._loopback and not self._credentials.asked:
            raise AppError(
                ErrorCode.FORBIDDEN,
                "This server is open to everybody. Stop it, make the first key with "
                "`greenroom keys create NAME`, and start it again.",
            )


def keys(services: Services, settings: EdgeSettings) -> Dialect:
    api = KeysApi(services, settings)
    return Dialect(
        name="keys",
        prefix="/api/admin/keys",
        routes=(
            Route("GET", "", api.show),
            Route("POST", "", api.create),
            Route("DELETE", "/{key}", api.revoke),
        ),
        errors=_answer,
    )


def _told(key: ApiKey) -> dict[str, Any]:
    """Times are milliseconds since the Unix epoch."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


def _answer(error: AppError) -> web.Response:
    told = {"code": error.code, "message": error.message, "details": error.details}
    return json_response(told, status_of(error.code))
