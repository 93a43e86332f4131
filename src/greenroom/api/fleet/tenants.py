"""List, pause, resume and limit tenants."""

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.principal import clean_tenant
from greenroom.service.tenants import Tenant


async def show(call: Call) -> web.StreamResponse:
    found = await call.services.tenants.all(call.principal)
    return json_response({"tenants": [_view(one) for one in found]})


async def pause(call: Call) -> web.StreamResponse:
    """What waits is held back; what runs goes on."""
    tenant = TenantId(call.part("id"))
    return json_response(_view(await call.services.tenants.pause(call.principal, tenant)))


async def resume(call: Call) -> web.StreamResponse:
    tenant = TenantId(call.part("id"))
    return json_response(_view(await call.services.tenants.resume(call.principal, tenant)))


async def change(call: Call) -> web.StreamResponse:
    """{"max_running": 2, "max_waiting": null}: what is left out stays, null takes a limit away."""
    tenant, body = clean_tenant(call.part("id")), await read_object(call.request)
    if not body or set(body) - {"max_running", "max_waiting"}:
        raise AppError(ErrorCode.BAD_REQUEST, "Give 'max_running', 'max_waiting' or both.")
    found = await call.services.tenants.limit(
        call.principal, tenant,
        {name.removeprefix("max_"): _number(name, most) for name, most in body.items()},
    )  # fmt: skip
    return json_response(_view(found))


def _number(name: str, value: JsonValue) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise AppError(ErrorCode.BAD_REQUEST, f"'{name}' is a whole number, or null.")


def _view(tenant: Tenant) -> JsonObject:
    return {
        "id": tenant.id,
        "active": tenant.active,
        "paused": tenant.paused,
        "keys": tenant.keys,
        "max_running": tenant.limit.running,
        "max_waiting": tenant.limit.waiting,
    }
