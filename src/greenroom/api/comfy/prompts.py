"""/prompt: the graph in a body as it was sent, names that cannot be, and the answers."""

import msgspec
from aiohttp import web

from greenroom.api.comfy.messages import number
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.submission import Submission
from greenroom.service.submit import Submitted

_NO_PROMPT = msgspec.Raw(b"null")


class _Body(msgspec.Struct):
    """The part of the body that is kept as it was sent."""

    prompt: msgspec.Raw = _NO_PROMPT


_body = msgspec.json.Decoder(_Body)


def graph_text(raw: bytes) -> bytes:
    """The text of the graph in a body that is known to be JSON."""
    return bytes(_body.decode(raw).prompt)


def refuse_nul(submission: Submission) -> None:
    """BAD_REQUEST: not every database can hold it in a name."""
    for name in (submission.client_id, submission.workflow_id):
        if name is not None and "\0" in name:
            raise AppError(ErrorCode.BAD_REQUEST, "An id must not contain the character NUL.")


def accepted(submitted: Submitted) -> web.Response:
    return json_response(
        {
            "prompt_id": submitted.job.id,
            "number": number(submitted.job.number),
            "node_errors": submitted.node_errors,
        }
    )


async def remaining(call: Call) -> web.StreamResponse:
    count = call.services.jobs.remaining(call.principal)
    return json_response({"exec_info": {"queue_remaining": count}})
