"""/api/jobs and /api/job: list, look, cancel, delete."""

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.cloud import asset_shapes, cursors, shapes
from greenroom.api.cloud.parameters import bad, choice, text, whole
from greenroom.api.cloud.statuses import STATES
from greenroom.api.context import Call
from greenroom.api.wire import empty, json_response, long_json
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, is_canonical_uuid
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output_kind import OutputKind
from greenroom.domain.record import JobFilter, JobSort

_SORTS = {"create_time": JobSort.CREATED, "execution_time": JobSort.DURATION}
_KINDS = tuple(kind.value for kind in OutputKind)
_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 1000
_MOST_CANCELED = 100


async def show(call: Call) -> web.StreamResponse:
    """A page by offset or, with `after`, by cursor; a cursor goes with the order of acceptance."""
    chosen = JobFilter(
        states=_states(call),
        workflow_id=text(call, "workflow_id"),
        output_kind=_kind(call),
    )
    word = choice(call, "sort_by", "create_time", tuple(_SORTS))
    descending = choice(call, "sort_order", "desc", ("asc", "desc")) == "desc"
    limit = whole(call, "limit", _DEFAULT_LIMIT, 1, _LARGEST_LIMIT)
    offset = whole(call, "offset", 0, 0)
    if call.query("after") is not None and word == "create_time":
        return await _page_after(call, chosen, descending=descending, limit=limit)
    page = await call.services.jobs.page(
        call.principal, chosen, _SORTS[word], descending=descending, limit=limit, offset=offset
    )
    more = offset + len(page.jobs) < page.total
    counts = {"offset": offset, "limit": limit, "total": page.total, "has_more": more}
    pagination: dict[str, JsonValue] = {**counts}
    if more and page.jobs and word == "create_time":
        pagination["next_cursor"] = cursors.behind(page.jobs[-1])
    return await _told(page.jobs, pagination)


async def show_one(call: Call) -> web.StreamResponse:
    view = await call.services.job_views.get(call.principal, _job_id(call))
    return json_response(shapes.job_detail(view.detail, view.position))


async def status(call: Call) -> web.StreamResponse:
    return json_response(shapes.job_status(await _job(call)))


async def cancel(call: Call) -> web.StreamResponse:
    """BAD_REQUEST for what is no id, NOT_FOUND."""
    if not is_canonical_uuid(call.part("job_id")):
        raise bad("A job's id is a UUID.")
    job = await _job(call)
    stopped = await call.services.jobs.cancel(call.principal, job.id)
    return json_response({"cancelled": stopped is not None})


async def cancel_many(call: Call) -> web.StreamResponse:
    """The ids of the jobs that are stopped now. NOT_FOUND, and none is, when one is unknown."""
    wanted = _job_ids((await read_object(call.request)).get("job_ids"))
    known = [await call.services.jobs.get(call.principal, job_id) for job_id in wanted]
    if None in known:
        raise AppError(ErrorCode.NOT_FOUND, f"There is no job {wanted[known.index(None)]}.")
    stopped = [await call.services.jobs.cancel(call.principal, job_id) for job_id in wanted]
    return json_response({"cancelled": [job.id for job in stopped if job is not None]})


async def delete(call: Call) -> web.StreamResponse:
    """A job that has ended, with the files that it made; one that goes on stays. IN_USE."""
    await call.services.records.remove_finished(call.principal, _job_id(call))
    return empty(204)


async def assets(call: Call) -> web.StreamResponse:
    """The files that the job's nodes told, in the order in which they were made."""
    job_id = _job_id(call)
    limit, offset = whole(call, "limit", 20, 1, 500), whole(call, "offset", 0, 0)
    kept = (await call.services.job_views.get(call.principal, job_id)).outputs
    places: dict[tuple[str, str], int] = {}
    told = []
    for one in kept:
        index = places[one.node_id, one.key] = places.get((one.node_id, one.key), -1) + 1
        told.append(
            {
                **asset_shapes.listed(call, one.asset),
                "node_id": one.node_id,
                "output_key": one.key,
                "output_index": index,
            }
        )
    more = offset + limit < len(told)
    pagination = {"offset": offset, "limit": limit, "total": len(told), "has_more": more}
    page = told[offset : offset + limit]
    return json_response({"job_id": job_id, "assets": page, "pagination": pagination})


async def _page_after(
    call: Call, chosen: JobFilter, *, descending: bool, limit: int
) -> web.StreamResponse:
    """The jobs are not counted: that would take longer than finding them."""
    after = cursors.read(call.query("after") or "")
    page = await call.services.jobs.page_after(
        call.principal, chosen, after, descending=descending, limit=limit
    )
    more = page.next is not None
    counts = {"offset": 0, "limit": limit, "total": 0, "has_more": more}
    pagination: dict[str, JsonValue] = {**counts}
    if page.next is not None:
        pagination["next_cursor"] = cursors.write(page.next)
    return await _told(page.jobs, pagination)


async def _told(jobs: list[Job], pagination: JsonObject) -> web.StreamResponse:
    return await long_json(
        lambda some: {"jobs": [shapes.job_entry(job) for job in some], "pagination": pagination},
        jobs,
    )


async def _job(call: Call) -> Job:
    job = await call.services.jobs.get(call.principal, _job_id(call))
    if job is None:
        raise _unknown()
    return job


def _job_id(call: Call) -> JobId:
    """NOT_FOUND for what no job can be called."""
    shown = call.part("job_id")
    if not is_canonical_uuid(shown):
        raise _unknown()
    return JobId(shown)


def _job_ids(value: object) -> list[JobId]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_CANCELED:
        raise bad(f"'job_ids' is a list of 1 to {_MOST_CANCELED} ids.")
    if not all(isinstance(one, str) and is_canonical_uuid(one) for one in value):
        raise bad("A job's id is a UUID.")
    return [JobId(one) for one in dict.fromkeys(value)]


def _states(call: Call) -> frozenset[JobState] | None:
    words = [word for part in (call.query("status") or "").split(",") if (word := part.strip())]
    unknown = sorted(set(words) - set(STATES))
    if unknown:
        raise bad(f"There is no status {unknown[0]!r}; there are {', '.join(STATES)}.")
    return frozenset(state for word in words for state in STATES[word]) if words else None


def _kind(call: Call) -> OutputKind | None:
    if call.query("output_type") is None:
        return None
    return OutputKind(choice(call, "output_type", "", _KINDS))


def _unknown() -> AppError:
    return AppError(ErrorCode.NOT_FOUND, "There is no such job.")
