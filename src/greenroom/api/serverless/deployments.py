"""Deployments: make, list, look, change, delete; and the nodes that their workers know."""

from collections.abc import Collection

from aiohttp import web

from greenroom.api.comfy.object_info import ObjectInfoPages
from greenroom.api.context import Call
from greenroom.api.serverless import deployment_shapes as shapes
from greenroom.api.serverless.deployment_body import read_change
from greenroom.api.serverless.links import links_of
from greenroom.api.wire import json_response
from greenroom.domain.deployment import Deployment
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId
from greenroom.domain.json import JsonValue

_PAYLOAD, _README = "payload", "readme"
_INCLUDES = (_PAYLOAD, _README)


class DeploymentsApi:
    def __init__(self) -> None:
        self._nodes = ObjectInfoPages()

    async def create(self, call: Call) -> web.StreamResponse:
        """Make a deployment of one version of a workflow."""
        made = await call.services.deployments.create(call.principal, await read_change(call))
        return json_response(shapes.deployment(made))

    async def page(self, call: Call) -> web.StreamResponse:
        """Every deployment, the oldest first; `ids` and `includes` may be repeated."""
        includes, wanted = _includes(call), set(call.request.query.getall("ids", []))
        found = await call.services.deployments.list(call.principal)
        shown = [one for one in found if not wanted or one.id in wanted]
        return json_response([await _told(call, one, includes) for one in shown])

    async def show(self, call: Call) -> web.StreamResponse:
        """One deployment."""
        found = await _there(call)
        return json_response(await _told(call, found, _includes(call)))

    async def change(self, call: Call) -> web.StreamResponse:
        """Change what the body names and nothing else; `is_enabled` pauses it."""
        change = await read_change(call)
        deployments = call.services.deployments
        changed = await deployments.change(call.principal, deployment_id(call), change)
        return json_response(shapes.deployment(changed))

    async def delete(self, call: Call) -> web.StreamResponse:
        """Delete it for good; what waits is cancelled, what runs goes on."""
        await call.services.deployments.delete(call.principal, deployment_id(call))
        return json_response({"id": deployment_id(call)})

    async def object_info(self, call: Call) -> web.StreamResponse:
        """The schema of every node that a request may use: of the workers that can run it."""
        found = await _there(call)
        return await self._nodes.show_of(call, found.id, call.services.deployment_nodes.of(found))


def deployment_id(call: Call) -> DeploymentId:
    return DeploymentId(call.part("deployment_id"))


async def _there(call: Call) -> Deployment:
    found = await call.services.deployments.get(call.principal, deployment_id(call))
    found.require_there()
    return found


async def _told(call: Call, one: Deployment, includes: Collection[str]) -> JsonValue:
    told = shapes.deployment(one)
    if not includes:
        return told
    version = await call.services.deployments.workflow(call.principal, one)
    if _PAYLOAD in includes:
        told["payload"] = shapes.payload(links_of(call), one, version)
    if _README in includes:
        told["readme"] = shapes.readme(one, version)
    return told


def _includes(call: Call) -> Collection[str]:
    """BAD_REQUEST names one that is none."""
    asked = call.request.query.getall("includes", [])
    for name in asked:
        if name not in _INCLUDES:
            told = f"includes is one of {', '.join(_INCLUDES)}, not {name!r}"
            raise AppError(ErrorCode.BAD_REQUEST, told, {"field": "includes"})
    return asked
