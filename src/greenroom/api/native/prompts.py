"""POST /prompt: submit a graph."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.comfy.prompts import accepted, graph_text, refuse_nul
from greenroom.api.context import Call
from greenroom.api.webhook_fields import read_webhook
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.submission import parse_submission


async def submit(call: Call) -> web.StreamResponse:
    raw = await read_bytes(call.request)
    body = _with_source(parse_json(raw), call.request.headers.get("Comfy-Usage-Source"))
    submission = parse_submission(body)
    refuse_nul(submission)
    fields = body if isinstance(body, Mapping) else {}
    told = replace(submission, webhook=await read_webhook(call, fields))
    return accepted(await call.services.submit.submit(call.principal, told, graph_text(raw)))


def _with_source(body: JsonValue, source: str | None) -> JsonValue:
    """The header that names the client's program belongs to the extra data."""
    if source is None or not isinstance(body, Mapping):
        return body
    extra_data = body.get("extra_data", {})
    if not isinstance(extra_data, Mapping) or "comfy_usage_source" in extra_data:
        return body
    return {**body, "extra_data": {**extra_data, "comfy_usage_source": source}}
