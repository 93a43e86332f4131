"""What only the operator may do: change workers, which run the jobs of every tenant."""

import functools

from aiohttp import web

from greenroom.api.context import Call, Handler


def for_operators(handler: Handler) -> Handler:
    """The same handler; FORBIDDEN for callers of other tenants than the default one."""

    @functools.wraps(handler)
    async def checked(call: Call) -> web.StreamResponse:
        call.principal.require_operator()
        return await handler(call)

    return checked
