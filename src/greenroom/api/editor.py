"""ComfyUI's own frontend at /editor/, on the native dialect below the same prefix.

The frontend is the package comfyui-frontend-package, an extra of this one. It finds its API
relative to its own address.
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
from greenroom.domain.errors import AppError, ErrorCode

_PREFIX = "/editor"
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
            *native.routes,
            Route("GET", "", _to_folder),
            Route("GET", "/templates/{path:.+}", _Folder("greenroom", "editor_templates").send),
            Route("GET", "/{path:.*}", _Folder("comfyui_frontend_package", "static").send),
        ),
    )


async def _to_folder(call: Call) -> web.StreamResponse:
    raise web.HTTPFound(f"{call.request.path}/")


class _Folder:
    """Sends the files of one folder inside an installed package, and none outside it."""

    def __init__(self, package: str, name: str) -> None:
        self._package = package
        self._name = name

    async def send(self, call: Call) -> web.StreamResponse:
        wanted = call.part("path") or "index.html"
        path = await asyncio.to_thread(self._find, wanted)
        if path is None:
            return web.Response(status=404)
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
