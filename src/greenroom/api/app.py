"""Build the web application: one gate, every dialect, and an answer where no route is."""

from aiohttp import web
from aiohttp.typedefs import Handler

from greenroom.api.console.routes import console
from greenroom.api.editor import editor
from greenroom.api.fleet.routes import FLEET
from greenroom.api.keys import keys
from greenroom.api.library.routes import LIBRARY
from greenroom.api.login import login
from greenroom.api.mounts import Gate, mount
from greenroom.api.native.routes import native
from greenroom.api.ops import OPS
from greenroom.api.settings import EdgeSettings
from greenroom.api.studio.routes import studio
from greenroom.api.ui import ui
from greenroom.api.v2.routes import v2
from greenroom.service.services import Services

__all__ = ["EdgeSettings", "build_app"]


def build_app(services: Services, settings: EdgeSettings) -> web.Application:
    app = web.Application(middlewares=[unrouted], client_max_size=services.policy.body_limit)
    comfyui = native(services)
    mount(
        app,
        Gate(services, settings),
        (
            OPS,
            login(services, settings),
            keys(services, settings),
            comfyui,
            editor(comfyui),
            console(services, settings),
            LIBRARY,
            FLEET,
            studio(services),
            v2(services),
            ui(),
        ),
    )
    return app


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
        headers = {"Content-Type": "application/octet-stream"}
        if request.path.endswith((".js", ".css")):
            headers["Cache-Control"] = "no-store"
        return web.Response(status=404, headers=headers)
    raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD"])
