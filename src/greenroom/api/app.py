"""Build the web application: one gate, every dialect, and an answer where no route is."""

from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from greenroom.api.cloud.description import description as cloud_description
from greenroom.api.cloud.routes import cloud
from greenroom.api.console import openapi as console_openapi
from greenroom.api.console.routes import console, endpoints
from greenroom.api.console.stream import Stream
from greenroom.api.docs import Description, docs
from greenroom.api.editor import editor, frontend_modules
from greenroom.api.fleet.routes import FLEET, STATIONS
from greenroom.api.keys import keys
from greenroom.api.library.routes import LIBRARY
from greenroom.api.login import login
from greenroom.api.mounts import Gate, mount
from greenroom.api.native.routes import native
from greenroom.api.ops import OPS
from greenroom.api.serverless.description import description as serverless_description
from greenroom.api.serverless.routes import serverless
from greenroom.api.settings import EdgeSettings
from greenroom.api.studio.routes import studio
from greenroom.api.ui import ui
from greenroom.api.v2.description import description as v2_description
from greenroom.api.v2.routes import v2
from greenroom.api.webhooks import WEBHOOKS
from greenroom.api.wire import no_such_file
from greenroom.service.services import Services

__all__ = ["EdgeSettings", "build_app"]


def build_app(services: Services, settings: EdgeSettings) -> web.Application:
    app = web.Application(middlewares=[unrouted], client_max_size=services.policy.body_limit)
    comfyui = native(services, multi_user=settings.multi_user)
    requests = serverless()
    dialects = (
        OPS,
        login(services, settings),
        keys(services, settings),
        WEBHOOKS,
        comfyui,
        editor(comfyui),
        frontend_modules(),
        console(services, settings),
        LIBRARY,
        FLEET,
        STATIONS,
        studio(services),
        v2(services),
        cloud(services, settings.cloud_hosts),
        requests,
        ui(),
    )
    described: dict[str, Description] = {
        "v2": v2_description,
        "cloud": cloud_description,
        "serverless": partial(serverless_description, requests),
        "console": partial(_console, services, settings),
    }
    mount(app, Gate(services, settings), (*dialects, docs(dialects, described)))
    return app


def _console(services: Services, settings: EdgeSettings) -> dict[str, Any]:
    table = endpoints(services, Stream(services), settings)
    return console_openapi.description(table)


@web.middleware
async def unrouted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let requests with a route through; answer the others as ComfyUI's file server does."""
    if request.method == "OPTIONS":
        return web.Response(headers={"Content-Length": "0"})
    if request.match_info.http_exception is None:
        return await handler(request)
    if request.match_info.http_exception.status != 404:
        return await handler(request)
    if request.method in {"GET", "HEAD"}:
        return no_such_file(request.path)
    raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD"])
