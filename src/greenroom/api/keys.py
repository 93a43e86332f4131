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
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonValue
from greenroom.domain.principal import clean_tenant
from greenroom.service.services import Services

_EVERY = "*"


class KeysApi:
    def __init__(self, services: Services, settings: EdgeSettings) -> None:
        self._credentials = Credentials(services, settings)
        self._loopback = settings.loopback
        self._has_another = settings.api_key is not None

    async def show(self, call: Call) -> web.StreamResponse:
        """Those of the caller's tenant, of `?tenant=ID`, or of `?tenant=*`: of all."""
        self._refuse_strangers()
        keys = call.services.keys
        if call.query("tenant") == _EVERY:
            found = await keys.of_every_tenant(call.principal)
        else:
            found = await keys.all(call.principal, _tenant(call.query("tenant")))
        told = {"keys": [_told(key) for key in found], "operator": call.principal.is_operator}
        return json_response(told)

    async def create(self, call: Call) -> web.StreamResponse:
        """The only answer that holds the key itself. The operator may name a `tenant`."""
        self._refuse_strangers()
        body = await read_object(call.request)
        name, role = body.get("name"), body.get("role", KeyRole.CLIENT.value)
        if not isinstance(name, str):
            raise AppError(ErrorCode.BAD_REQUEST, "Give the key a name.")
        if role not in set(KeyRole):
            raise AppError(ErrorCode.BAD_REQUEST, f"The role is one of {', '.join(KeyRole)}.")
        made = await call.services.keys.create(
            call.principal, name, KeyRole(str(role)), _tenant(body.get("tenant")),
            even_first=self._has_another,
        )  # fmt: skip
        response = json_response({**_told(made.key), "key": made.secret}, 201)
        response.headers["Cache-Control"] = "no-store"
        return response

    async def revoke(self, call: Call) -> web.StreamResponse:
        """Also what is open with the key ends. `?last=true` means the last one as well."""
        self._refuse_strangers()
        even_last = self._has_another or call.query("last") == "true"
        key = await call.services.keys.revoke(
            call.principal, call.part("key"), _tenant(call.query("tenant")), even_last=even_last
        )
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


def _tenant(value: JsonValue) -> TenantId | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise AppError(ErrorCode.BAD_REQUEST, "'tenant' must be a tenant's id.")
    return clean_tenant(value)


def _told(key: ApiKey) -> dict[str, Any]:
    """Times are milliseconds since the Unix epoch."""
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "role": key.role.value,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


def _answer(error: AppError) -> web.Response:
    told = {"code": error.code, "message": error.message, "details": error.details}
    return json_response(told, status_of(error.code))
