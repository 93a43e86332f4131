"""Pages of jobs, the newest first, by status, workflow and label."""

import json
from collections.abc import Mapping

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.own_fields import own_fields
from greenroom.api.v2 import shapes
from greenroom.api.v2.statuses import STATES
from greenroom.api.wire import json_response
from greenroom.domain.browse import JobSearch, Place
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.record import JobDetail
from greenroom.service.browse import JobPage

_DEFAULT_LIMIT = 20
_LARGEST_LIMIT = 500
_MOST_PAGES = 20
"""How far one request looks for jobs with a label."""
_LABEL = "metadata["


async def page(call: Call) -> web.StreamResponse:
    """The cursor of one page leads to the next; the last page has none."""
    search, labels, limit = _search(call), _labels(call), _limit(call)
    after = _read_cursor(call.query("cursor"))
    found: list[JobDetail] = []
    at_end = False
    for _ in range(_MOST_PAGES if labels else 1):
        some = await call.services.browse.jobs(call.principal, search, after, limit)
        for detail in some.jobs:
            if len(found) == limit:
                break
            after = _place(detail)
            if _carries(detail, labels):
                found.append(detail)
        at_end = _is_last(some, after)
        if at_end or len(found) == limit:
            break
    told: dict[str, object] = {"jobs": [shapes.listed_job(call, detail) for detail in found]}
    if not at_end and after is not None:
        told["next_cursor"] = f"{after.at}.{after.key}"
    return json_response(told)


def _is_last(some: JobPage, after: Place | None) -> bool:
    return some.next is None and (not some.jobs or after == _place(some.jobs[-1]))


def _place(detail: JobDetail) -> Place:
    return Place(detail.job.created_at, str(detail.job.seq))


def _read_cursor(text: str | None) -> Place | None:
    if not text:
        return None
    at, _, key = text.partition(".")
    if not (_is_number(at) and _is_number(key)):
        raise AppError(ErrorCode.BAD_REQUEST, "The cursor is not one that a page gave.")
    return Place(Millis(int(at)), key)


def _search(call: Call) -> JobSearch:
    words = [word.strip() for word in (call.query("status") or "").split(",") if word.strip()]
    unknown = sorted(set(words) - set(STATES))
    if unknown:
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no status {unknown[0]!r}.")
    states = frozenset(state for word in words for state in STATES[word]) if words else None
    return JobSearch(states=states, workflow_id=call.query("workflow_id"))


def _limit(call: Call) -> int:
    text = call.query("limit")
    if text is None:
        return _DEFAULT_LIMIT
    if not _is_number(text) or not 1 <= int(text) <= _LARGEST_LIMIT:
        raise AppError(ErrorCode.BAD_REQUEST, f"'limit' lies between 1 and {_LARGEST_LIMIT}.")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 15


def _labels(call: Call) -> dict[str, str]:
    """`metadata[team]=red` asks for jobs with that label."""
    return {
        name.removeprefix(_LABEL).removesuffix("]"): value
        for name, value in call.request.query.items()
        if name.startswith(_LABEL) and name.endswith("]")
    }


def _carries(detail: JobDetail, labels: Mapping[str, str]) -> bool:
    if not labels:
        return True
    metadata = own_fields(detail.payload).get("metadata")
    if not isinstance(metadata, Mapping):
        return False
    return all(_text(metadata.get(name)) == value for name, value in labels.items())


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
