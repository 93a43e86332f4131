"""POST /api/prompt: submit a graph."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.comfy.prompts import accepted, graph_text, refuse_nul
from greenroom.api.context import Call
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.submission import parse_submission


async def submit(call: Call) -> web.StreamResponse:
    """The place in the queue is not the client's choice: `number` and `front` are not looked at."""
    raw = await read_bytes(call.request)
    sent = parse_submission(_with_workflow_id(parse_json(raw)))
    submission = replace(sent, number=None, front=False)
    refuse_nul(submission)
    graph = await call.services.content_names.put_in(call.principal, submission.prompt)
    text = graph_text(raw)
    if graph is not None:
        submission, text = replace(submission, prompt=graph.prompt), graph.text
    return accepted(await call.services.submit.submit(call.principal, submission, text))


def _with_workflow_id(body: JsonValue) -> JsonValue:
    """An id beside the graph says which workflow it is of, as the library does."""
    if not isinstance(body, Mapping) or not isinstance(body.get("workflow_id"), str):
        return body
    extra_data = body.get("extra_data", {})
    if not isinstance(extra_data, Mapping) or "greenroom" in extra_data:
        return body
    origin = {"workflow_id": body["workflow_id"]}
    return {**body, "extra_data": {**extra_data, "greenroom": origin}}
