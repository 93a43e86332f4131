"""The jobs API: list, look, cancel."""

from typing import TypeVar

from aiohttp import web

from greenroom.api.bodies import read_json
from greenroom.api.comfy.ids import job_id_in_path
from greenroom.api.context import Call
from greenroom.api.native import shapes
from greenroom.api.wire import json_response, long_json
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, is_canonical_uuid
from greenroom.domain.job import JobState
from greenroom.domain.json import JsonValue
from greenroom.domain.record import JobFilter, JobSort

_SORTS = {"created_at": JobSort.CREATED, "execution_duration": JobSort.DURATION}
_ORDERS = {"asc": False, "desc": True}
_LARGEST = 2**62
_MOST = 10_000
"""Jobs in one answer, asked for or not; ComfyUI never has more."""
_T = TypeVar("_T")


async def show(call: Call) -> web.StreamResponse:
    states = _states(call)
    sort = _choice(call, "sort_by", "created_at", _SORTS)
    descending = _choice(call, "sort_order", "desc", _ORDERS)
    limit = _limit(call)
    offset = max(_whole(call, "offset", "0"), 0)
    chosen = JobFilter(
        states=states,
        workflow_id=call.query("workflow_id") or None,
        batch_id=_batch_id(call),
    )
    page = await call.services.jobs.page(
        call.principal,
        chosen,
        sort,
        descending=descending,
        limit=_MOST if limit is None else min(limit, _MOST),
        offset=offset,
    )
    more = offset + len(page.jobs) < page.total
    pagination = {"offset": offset, "limit": limit, "total": page.total, "has_more": more}
    return await long_json(
        lambda jobs: {"jobs": [shapes.job_entry(job) for job in jobs], "pagination": pagination},
        page.jobs,
    )


async def show_one(call: Call) -> web.StreamResponse:
    job_id = job_id_in_path(call, "job_id")
    detail = await call.services.jobs.detail(call.principal, job_id) if job_id else None
    if detail is None:
        raise AppError(ErrorCode.NOT_FOUND, "Job not found")
    return json_response(shapes.job_detail(detail))


async def cancel(call: Call) -> web.StreamResponse:
    job_id = job_id_in_path(call, "job_id")
    stopped = await call.services.jobs.cancel(call.principal, job_id) if job_id else None
    return json_response({"cancelled": stopped is not None})


async def cancel_many(call: Call) -> web.StreamResponse:
    wanted = _cancel_ids(await _cancel_body(call))
    stopped = [await call.services.jobs.cancel(call.principal, job_id) for job_id in wanted]
    return json_response({"cancelled": any(job is not None for job in stopped)})


async def _cancel_body(call: Call) -> JsonValue:
    try:
        return await read_json(call.request)
    except AppError as error:
        if error.code is not ErrorCode.INVALID_JSON:
            raise
        raise _bad("Request body must be valid JSON") from error


def _cancel_ids(body: JsonValue) -> list[JobId]:
    value = body.get("job_ids") if isinstance(body, dict) else None
    if not isinstance(value, list):
        raise _bad("job_ids must be a list")
    invalid = [
        item if isinstance(item, str) else repr(item)
        for item in value
        if not (isinstance(item, str) and is_canonical_uuid(item))
    ]
    if invalid:
        message = "job_ids contains invalid id(s)"
        raise AppError(ErrorCode.BAD_REQUEST, message, {"invalid_ids": invalid})
    return [JobId(item) for item in value]


def _states(call: Call) -> frozenset[JobState] | None:
    text = call.query("status")
    if not text:
        return None
    words = [word for part in text.split(",") if (word := part.strip().lower())]
    unknown = [word for word in words if word not in shapes.STATUSES]
    if unknown:
        valid = ", ".join(shapes.STATUSES)
        raise _bad(f"Invalid status value(s): {', '.join(unknown)}. Valid values: {valid}")
    return frozenset(state for word in words for state in shapes.STATUSES[word])


def _batch_id(call: Call) -> str | None:
    text = call.query("batch_id")
    if text and not is_canonical_uuid(text):
        raise _bad("batch_id must be a UUID")
    return text or None


def _choice(call: Call, name: str, default: str, choices: dict[str, _T]) -> _T:
    word = (call.query(name) or default).lower()
    if word not in choices:
        raise _bad(f"{name} must be " + " or ".join(f"'{choice}'" for choice in choices))
    return choices[word]


def _limit(call: Call) -> int | None:
    if call.query("limit") is None:
        return None
    limit = _whole(call, "limit", "")
    if limit <= 0:
        raise _bad("limit must be a positive integer")
    return limit


def _whole(call: Call, name: str, default: str) -> int:
    text = call.query(name)
    try:
        return min(int(default if text is None else text), _LARGEST)
    except ValueError:
        raise _bad(f"{name} must be an integer") from None


def _bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
