"""What the server can do and who asks it: features, the user, and what is empty here."""

from typing import Any

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.policy import Policy


def flags(policy: Policy) -> dict[str, Any]:
    return {
        "supports_preview_metadata": True,
        "supports_model_type_tags": False,
        "max_upload_size": policy.upload_limit,
        "assets": True,
    }


async def features(call: Call) -> web.StreamResponse:
    return json_response(flags(call.services.policy))


async def user(_call: Call) -> web.StreamResponse:
    """Whoever has a key may work."""
    return json_response({"status": "active"})


async def nothing(_call: Call) -> web.StreamResponse:
    """Templates and subgraphs come with the workers' nodes, and are not collected."""
    return json_response({})


async def not_here(_call: Call) -> web.StreamResponse:
    raise AppError(ErrorCode.NOT_FOUND, "This server has nothing under this address.")
