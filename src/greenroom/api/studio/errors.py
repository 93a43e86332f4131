"""How the Studio API words errors: {"detail": text}."""

from collections.abc import Iterator, Mapping, Sequence

from aiohttp import web

from greenroom.api.error_status import status_of
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue


def answer(error: AppError) -> web.Response:
    return json_response({"detail": detail(error)}, status_of(error.code))


def retry_answer(error: AppError) -> web.Response:
    """A graph that cannot run any more is the server's failure, not the caller's."""
    status = 500 if error.code is ErrorCode.INVALID_GRAPH else status_of(error.code)
    return json_response({"detail": detail(error)}, status)


def detail(error: AppError) -> str:
    """The message and, of a refused graph, what is wrong with each node."""
    if error.code is not ErrorCode.INVALID_GRAPH:
        return error.message
    return " | ".join((error.message, *_node_errors(error.details.get("node_errors"))))


def _node_errors(found: JsonValue) -> Iterator[str]:
    for node_id, node in found.items() if isinstance(found, Mapping) else ():
        if not isinstance(node, Mapping):
            continue
        reasons = node.get("errors")
        if isinstance(reasons, str) or not isinstance(reasons, Sequence):
            continue
        for reason in reasons:
            if isinstance(reason, Mapping):
                yield f"{node.get('class_type')} ({node_id}): {_told(reason)}"


def _told(reason: Mapping[str, JsonValue]) -> str:
    parts = (str(reason.get("message") or ""), str(reason.get("details") or ""))
    return ": ".join(part for part in parts if part)
