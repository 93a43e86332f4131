"""List, pause and resume tenants."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonObject
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


def _view(tenant: Tenant) -> JsonObject:
    return {"id": tenant.id, "active": tenant.active, "paused": tenant.paused}
