"""The tenants that the caller may steer: pause and resume them."""

from aiohttp import web

from greenroom.api.console import bodies
from greenroom.api.console.shapes import Changed, TenantOrder, TenantView
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.ids import TenantId


async def views(call: Call) -> list[TenantView]:
    own = call.principal.tenant
    found = await call.services.tenants.all(call.principal)
    return [TenantView(one.id, one.active, one.paused, one.id == own) for one in found]


async def order(call: Call) -> web.StreamResponse:
    """Hold a tenant's waiting jobs back, or let them go. FORBIDDEN, NOT_FOUND."""
    wish = await bodies.read(call, TenantOrder)
    tenant = call.principal.tenant if wish.tenant is None else TenantId(wish.tenant)
    if wish.action == "pause":
        await call.services.tenants.pause(call.principal, tenant)
    else:
        await call.services.tenants.resume(call.principal, tenant)
    return json_response(Changed([tenant]))
