"""The body of an inference, checked."""

from collections.abc import Mapping

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.webhook_fields import INTERMEDIATE, read_webhook
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.queue_place import LARGEST_PRIORITY
from greenroom.domain.webhook import Webhook, WebhookForm
from greenroom.domain.workflow.reading.workflow_file import is_api_graph
from greenroom.service.deployment_requests import RunRequest

_OVERRIDES, _GRAPH, _EXTRA, _SECRET = (
    "overrides", "workflow_api_json", "extra_data", "api_key_comfy_org",
)  # fmt: skip
_PRIORITY, _TAGS, _WEBHOOK, _START = "priority", "tags", "webhook", "start_timeout_in_seconds"
_KNOWN = frozenset({_OVERRIDES, _GRAPH, _EXTRA, _PRIORITY, _TAGS, _WEBHOOK, INTERMEDIATE, _START})
_LONGEST_START_S = 30 * 86_400
_MOST_TAGS, _LONGEST_TAG = 20, 100


async def read_request(call: Call) -> RunRequest:
    """BAD_REQUEST names the field that cannot be."""
    body = await read_object(call.request)
    if others := sorted(set(body) - _KNOWN):
        raise _bad(others[0], f"{others[0]!r} is not taken here")
    if body.get(_OVERRIDES) is not None and body.get(_GRAPH) is not None:
        raise _bad(_GRAPH, f"send either {_OVERRIDES} or {_GRAPH}, not both")
    overrides = body.get(_OVERRIDES)
    return RunRequest(
        overrides={} if overrides is None else overrides,
        graph=_graph(body.get(_GRAPH)),
        secrets=_secrets(body.get(_EXTRA)),
        priority=_priority(body.get(_PRIORITY)),
        tags=_tags(body.get(_TAGS)),
        webhook=await _webhook(call, body),
        start_within_s=_start(body.get(_START)),
        key=call.request.headers.get("Idempotency-Key") or None,
    )


async def _webhook(call: Call, body: JsonObject) -> Webhook | None:
    try:
        return await read_webhook(call, body, _WEBHOOK, WebhookForm.SERVERLESS)
    except AppError as error:
        raise AppError(error.code, error.message, {"field": _WEBHOOK}) from None


def _graph(value: JsonValue) -> JsonObject | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not is_api_graph(value):
        told = f"{_GRAPH} is no workflow in API format: in ComfyUI, export it with Export (API)"
        raise _bad(_GRAPH, told)
    return value


def _secrets(value: JsonValue) -> JsonObject:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or set(value) - {_SECRET}:
        raise _bad(_EXTRA, f"{_EXTRA} may hold {_SECRET} and nothing else")
    key = value.get(_SECRET)
    if key is None:
        return {}
    if not isinstance(key, str):
        raise _bad(_EXTRA, f"{_SECRET} is a text")
    return {_SECRET: key}


def _priority(value: JsonValue) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_PRIORITY:
        limits = f"-{LARGEST_PRIORITY} to {LARGEST_PRIORITY}"
        raise _bad(_PRIORITY, f"{_PRIORITY} is a whole number from {limits}")
    return value


def _start(value: JsonValue) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST_START_S:
        raise _bad(_START, f"{_START} is a whole number from 1 to {_LONGEST_START_S}")
    return value


def _tags(value: JsonValue) -> tuple[str, ...]:
    if value is None:
        return ()
    tags = value if isinstance(value, list) and len(value) <= _MOST_TAGS else [None]
    if not all(isinstance(tag, str) and _is_tag(tag) for tag in tags):
        told = f"{_TAGS} is a list of at most {_MOST_TAGS} texts of up to {_LONGEST_TAG} characters"
        raise _bad(_TAGS, told)
    return tuple(dict.fromkeys(str(tag) for tag in tags))


def _is_tag(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TAG and text.isprintable()


def _bad(field: str, message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message, {"field": field})
