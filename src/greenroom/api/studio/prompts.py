"""Saved prompts: list, keep, delete."""

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.service.saved_prompts import SavedPrompts


class PromptsApi:
    def __init__(self, prompts: SavedPrompts) -> None:
        self._prompts = prompts

    async def show(self, call: Call) -> web.StreamResponse:
        return json_response(await self._prompts.list(call.principal))

    async def save(self, call: Call) -> web.StreamResponse:
        """Any object, kept as it is under a new `id`."""
        body = await read_object(call.request)
        return json_response(await self._prompts.save(call.principal, body))

    async def delete(self, call: Call) -> web.StreamResponse:
        await self._prompts.delete(call.principal, call.part("prompts_id"))
        return json_response({"ok": True})
