"""What this server can do, as /features and the WebSocket handshake tell it."""

from typing import Any

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.service.policy import Policy


def flags(policy: Policy) -> dict[str, Any]:
    return {
        "supports_preview_metadata": True,
        "supports_model_type_tags": True,
        "max_upload_size": policy.body_limit,
        "extension": {"manager": {"supports_v4": True}},
        "node_replacements": True,
        "assets": False,
    }


async def show(call: Call) -> web.StreamResponse:
    return json_response(flags(call.services.policy))
