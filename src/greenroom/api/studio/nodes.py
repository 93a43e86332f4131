"""The node classes that the workers know, by the package they come from."""

from collections.abc import Mapping

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue

_CORE = "ComfyUI"


async def show(call: Call) -> web.StreamResponse:
    """UNAVAILABLE while no worker has said what it knows."""
    definitions = call.services.nodes.definitions()
    if not definitions:
        raise AppError(ErrorCode.UNAVAILABLE, "ComfyUI unreachable: no worker is up")
    packages: dict[str, list[str]] = {}
    for name in sorted(definitions):
        packages.setdefault(_package(definitions[name]), []).append(name)
    return json_response(
        {
            "packages": [
                {"name": package, "nodes": names, "node_count": len(names)}
                for package, names in sorted(packages.items())
            ],
            "total_nodes": len(definitions),
            "total_packages": len(packages),
        }
    )


def _package(definition: JsonValue) -> str:
    """`custom_nodes.Name` -> `Name`; what comes with ComfyUI has no package of its own."""
    module = definition.get("python_module") if isinstance(definition, Mapping) else None
    kind, _, name = str(module or "").partition(".")
    return name.split(".")[0] if kind == "custom_nodes" and name else _CORE
