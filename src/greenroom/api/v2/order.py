"""The body of POST /jobs, checked."""

import json
from collections.abc import Mapping

import msgspec

from greenroom.api.bodies import parse_json
from greenroom.api.own_fields import OWN
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.queue_place import LARGEST_PRIORITY, place_of
from greenroom.domain.workflow.submission import Submission

_KEY = "api_key_comfy_org"
_LONGEST_METADATA = 1024
_NO_WORKFLOW = msgspec.Raw(b"null")


class _Body(msgspec.Struct):
    """The part of the body that is kept as it was sent."""

    workflow: msgspec.Raw = _NO_WORKFLOW


_body = msgspec.json.Decoder(_Body)


def read_order(raw: bytes) -> tuple[Submission, bytes]:
    """The submission and the text of its graph.

    BAD_REQUEST, UNSUPPORTED_MEDIA for the format of the editor.
    """
    body = parse_json(raw)
    if not isinstance(body, Mapping) or "workflow" not in body:
        raise _bad("The body must be a JSON object with a workflow.")
    if body.get("inputs") is not None:
        raise _bad("'inputs' is not taken here.")
    if body.get("webhook_url") is not None:
        raise _bad("The body may not name a webhook. Name it in the query: ?webhook_url=URL.")
    workflow = body["workflow"]
    if not isinstance(workflow, Mapping):
        raise _bad("'workflow' must be an object.")
    if isinstance(workflow.get("nodes"), list) and "links" in workflow:
        message = "This is a workflow of the editor. Export it for the API and send that."
        raise AppError(ErrorCode.UNSUPPORTED_MEDIA, message)
    own = _own(body)
    submission = Submission(
        prompt=workflow,
        number=_place(own.get("priority")),
        extra_data={OWN: own} if own else {},
        secrets=_secrets(body.get("extra_data")),
    )
    return submission, bytes(_body.decode(raw).workflow)


def _secrets(extra_data: JsonValue) -> JsonObject:
    if extra_data is None:
        return {}
    if not isinstance(extra_data, Mapping) or set(extra_data) - {_KEY}:
        raise _bad(f"'extra_data' may hold {_KEY} and nothing else.")
    key = extra_data.get(_KEY)
    if _KEY in extra_data and not isinstance(key, str):
        raise _bad(f"'{_KEY}' must be a text.")
    return dict(extra_data)


def _own(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    own: dict[str, JsonValue] = {}
    metadata, priority = body.get("metadata"), body.get("priority")
    if metadata is not None:
        if len(json.dumps(metadata, ensure_ascii=False).encode()) > _LONGEST_METADATA:
            raise _bad(f"'metadata' takes at most {_LONGEST_METADATA} bytes.")
        own["metadata"] = metadata
    if priority is not None:
        if isinstance(priority, bool) or not isinstance(priority, int):
            raise _bad("'priority' must be a whole number.")
        if abs(priority) > LARGEST_PRIORITY:
            raise _bad(f"'priority' lies between -{LARGEST_PRIORITY} and {LARGEST_PRIORITY}.")
        own["priority"] = priority
    return own


def _place(priority: JsonValue) -> float | None:
    return place_of(priority) if isinstance(priority, int) else None


def _bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
