"""POST /prompt: submit a graph; GET /prompt: how many jobs remain."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.comfy.messages import number
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.submission import Submission, parse_submission

_NO_PROMPT = msgspec.Raw(b"null")


class _Body(msgspec.Struct):
    """The part of the body that is kept as it was sent."""

    prompt: msgspec.Raw = _NO_PROMPT


_body = msgspec.json.Decoder(_Body)


async def submit(call: Call) -> web.StreamResponse:
    raw = await read_bytes(call.request)
    body = _with_source(parse_json(raw), call.request.headers.get("Comfy-Usage-Source"))
    submission = parse_submission(body)
    _refuse_nul(submission)
    prompt = bytes(_body.decode(raw).prompt)
    accepted = await call.services.submit.submit(call.principal, submission, prompt)
    return json_response(
        {
            "prompt_id": accepted.job.id,
            "number": number(accepted.job.number),
            "node_errors": accepted.node_errors,
        }
    )


async def remaining(call: Call) -> web.StreamResponse:
    count = call.services.jobs.remaining(call.principal)
    return json_response({"exec_info": {"queue_remaining": count}})


def _refuse_nul(submission: Submission) -> None:
    """Not every database can hold it in a name."""
    for name in (submission.client_id, submission.workflow_id):
        if name is not None and "\0" in name:
            raise AppError(ErrorCode.BAD_REQUEST, "An id must not contain the character NUL.")


def _with_source(body: JsonValue, source: str | None) -> JsonValue:
    """The header that names the client's program belongs to the extra data."""
    if source is None or not isinstance(body, Mapping):
        return body
    extra_data = body.get("extra_data", {})
    if not isinstance(extra_data, Mapping) or "comfy_usage_source" in extra_data:
        return body
    return {**body, "extra_data": {**extra_data, "comfy_usage_source": source}}
