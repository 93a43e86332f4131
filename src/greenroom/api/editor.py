"""ComfyUI's own frontend at /editor/, on the native dialect below the same prefix.

The frontend is the package comfyui-frontend-package, an extra of this one. It finds its API
relative to its own address. A workflow is opened by an address, as one of its templates; a script
of ours in the page leads back.
"""

import asyncio
import functools
import importlib.util
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.native import errors
from greenroom.api.routes import Dialect, Route
from greenroom.api.wire import json_response, no_such_file
from greenroom.domain.errors import AppError, ErrorCode

_PREFIX = "/editor"
_EXTENSION = "/extensions/greenroom/form.js"
_OWN = "/extensions"
_FRONTEND = "comfyui_frontend_package"
_CANVAS = "/api/console/canvas/"
_HOW_TO_INSTALL = (
    "ComfyUI's frontend is not installed here. Install it beside the server with: "
    "pip install 'greenroom[editor]'"
)


def editor(native: Dialect) -> Dialect:
    """The frontend's pages, and the native routes once more where it looks for them."""
    return replace(
        native,
        name="editor",
        prefix=_PREFIX,
        lifespan=None,
        farewell=None,
        errors=errors.prompt_error,
        routes=(
            *(route for route in native.routes if route.path != _OWN),
            Route("GET", _OWN, _extensions, ("", "/api")),
            Route(
                "GET", "/extensions/greenroom/{path}", _Folder("greenroom", "editor_extension").send
            ),
            *_modules(),
            Route("GET", "/api/workflow_templates/greenroom/{id}.json", _to_canvas),
            Route("GET", "", _to_folder),
            Route("GET", "/templates/{path:.+}", _Folder("greenroom", "editor_templates").send),
            Route("GET", "/{path:.*}", _Folder(_FRONTEND, "static").send),
        ),
    )


def frontend_modules() -> Dialect:
    """The frontend's modules at the root, where scripts of some custom nodes look for them."""
    routes = _modules() if is_installed() else ()
    return Dialect("frontend modules", routes, errors.bare_error)


def _modules() -> tuple[Route, ...]:
    return tuple(
        Route("GET", f"/{name}/{{path:.+}}", _Folder(_FRONTEND, f"static/{name}").send)
        for name in ("scripts", "extensions/core")
    )


async def _to_folder(call: Call) -> web.StreamResponse:
    raise web.HTTPFound(f"{call.request.path}/")


async def _extensions(call: Call) -> web.StreamResponse:
    """The scripts that run in the frontend's page beside its own: ours, then those of nodes."""
    scripts = await call.services.page_files.scripts()
    return json_response([_EXTENSION, *scripts])


async def _to_canvas(call: Call) -> web.StreamResponse:
    """What the frontend asks for when it is opened with ?source=greenroom&template=ID."""
    raise web.HTTPFound(_CANVAS + call.part("id"))


def is_installed() -> bool:
    return importlib.util.find_spec(_FRONTEND) is not None


class _Folder:
    """Sends the files of one folder inside an installed package, and none outside it."""

    def __init__(self, package: str, name: str) -> None:
        self._package = package
        self._name = name

    async def send(self, call: Call) -> web.StreamResponse:
        wanted = call.part("path") or "index.html"
        path = await asyncio.to_thread(self._find, wanted)
        if path is None:
            return no_such_file(wanted)
        changes = path.suffix in {".html", ".json"}
        return web.FileResponse(path, headers={"Cache-Control": "no-store"} if changes else None)

    def _find(self, name: str) -> Path | None:
        folder = self._folder()
        if "\0" in name:
            return None
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None

    @functools.cache  # noqa: B019 - two folders, for as long as the process lives
    def _folder(self) -> Path:
        found = importlib.util.find_spec(self._package)
        if found is None or found.origin is None:
            raise AppError(ErrorCode.NOT_FOUND, _HOW_TO_INSTALL)
        return (Path(found.origin).parent / self._name).resolve()
