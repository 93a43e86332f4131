"""Run a workflow that comes along, in either format, or one of the library, with named values."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from greenroom.api import webhook_fields
from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.orders import Choice, Ordered

_KNOWN = frozenset({"workflow_id", "version", "inputs", *webhook_fields.FIELDS})
_GIVEN = frozenset(
    {
        "workflow", "inputs", "client_id", "extra_data", "number", "front",
        *webhook_fields.FIELDS,
    }
)  # fmt: skip


async def submit(call: Call) -> web.StreamResponse:
    """The body has `workflow_id` or `workflow`, and `inputs`: name -> value.

    It may name a `webhook_url`.
    """
    body = await read_object(call.request)
    if ("workflow" in body) == ("workflow_id" in body):
        raise _bad("Give either 'workflow' or 'workflow_id'.")
    key = call.request.headers.get("Idempotency-Key") or None
    ordered = await (_given if "workflow" in body else _known)(call, body, key)
    told = {
        "id": ordered.job.id,
        "seeds": dict(ordered.seeds),
        "node_errors": ordered.node_errors,
    }
    return json_response(told, 201)


async def _known(call: Call, body: JsonObject, key: str | None) -> Ordered:
    _refuse_others(body, _KNOWN)
    workflow_id, version = body["workflow_id"], body.get("version")
    if not isinstance(workflow_id, str):
        raise _bad("'workflow_id' must be a text.")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise _bad("'version' must be a whole number.")
    webhook = await webhook_fields.read_webhook(call, body)
    choice = Choice(workflow_id, version, _inputs(body), webhook)
    return await call.services.orders.run_known(call.principal, choice, key)


async def _given(call: Call, body: JsonObject, key: str | None) -> Ordered:
    _refuse_others(body, _GIVEN)
    sent = {name: value for name, value in body.items() if name not in {"workflow", "inputs"}}
    submission = parse_submission({**sent, "prompt": body["workflow"]})
    told = replace(submission, webhook=await webhook_fields.read_webhook(call, body))
    return await call.services.orders.run_given(call.principal, told, _inputs(body), key)


def _inputs(body: JsonObject) -> JsonObject:
    inputs = body.get("inputs", {})
    if not isinstance(inputs, Mapping):
        raise _bad("'inputs' must be an object: name -> value.")
    return inputs


def _refuse_others(body: JsonObject, taken: frozenset[str]) -> None:
    if others := sorted(set(body) - taken):
        raise _bad(f"{', '.join(map(repr, others))} cannot be given here.")


def _bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
