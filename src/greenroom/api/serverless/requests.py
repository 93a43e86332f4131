"""Requests: submit, status, result, cancel, wait, list."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.serverless import request_shapes as shapes
from greenroom.api.serverless.deployments import deployment_id
from greenroom.api.serverless.links import links_of
from greenroom.api.serverless.request_body import read_request
from greenroom.api.serverless.statuses import STATES
from greenroom.api.wire import json_response
from greenroom.domain.browse import Place
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.job import JobState

_USUAL_WAIT_S, _LONGEST_WAIT_S = 60.0, 600.0
_USUAL_LIMIT, _LARGEST_LIMIT = 50, 500


async def inference(call: Call) -> web.StreamResponse:
    """Run the deployment's workflow with overrides, or a workflow that comes along."""
    requests, wish = call.services.deployment_requests, await read_request(call)
    job = await requests.send(call.principal, deployment_id(call), wish)
    return json_response(shapes.submitted(links_of(call), job))


async def runsync(call: Call) -> web.StreamResponse:
    """Run it and answer with the result; after `wait` seconds, with how far it is."""
    seconds, links = _wait(call), links_of(call)
    requests, wish = call.services.deployment_requests, await read_request(call)
    job = await requests.send(call.principal, deployment_id(call), wish)
    view = await requests.ended(call.principal, deployment_id(call), job.id, seconds)
    return json_response({**shapes.submitted(links, job), **shapes.result(links, view)})


async def status(call: Call) -> web.StreamResponse:
    """Whether it waits, runs or has ended; a failed request is `completed` too."""
    requests = call.services.deployment_requests
    view = await requests.get(call.principal, deployment_id(call), _request_id(call))
    return json_response(shapes.status(links_of(call), view))


async def result(call: Call) -> web.StreamResponse:
    """What came out; 200 as well while nothing has."""
    requests = call.services.deployment_requests
    view = await requests.get(call.principal, deployment_id(call), _request_id(call))
    return json_response(shapes.result(links_of(call), view))


async def cancel(call: Call) -> web.StreamResponse:
    """Stop it, unless it has ended."""
    requests, job_id = call.services.deployment_requests, _request_id(call)
    stopped = await requests.cancel(call.principal, deployment_id(call), job_id)
    return json_response(shapes.cancelled(job_id, stopped=stopped), 202)


async def page(call: Call) -> web.StreamResponse:
    """The deployment's requests, the newest first; the cursor of a page leads to the next."""
    found = await call.services.deployment_requests.page(
        call.principal, deployment_id(call), _states(call), _cursor(call), _limit(call),
        tag=call.query("tag") or None,
    )  # fmt: skip
    following = None if found.next is None else f"{found.next.at}.{found.next.key}"
    links = links_of(call)
    lines = [shapes.line(links, detail) for detail in found.jobs]
    return json_response({"requests": lines, "next_cursor": following})


def _request_id(call: Call) -> JobId:
    return JobId(call.part("request_id"))


def _wait(call: Call) -> float:
    text = call.query("wait")
    if text is None:
        return _USUAL_WAIT_S
    if not _is_number(text) or int(text) > _LONGEST_WAIT_S:
        raise _bad("wait", f"wait is a number of seconds, at most {_LONGEST_WAIT_S:g}")
    return float(text)


def _states(call: Call) -> frozenset[JobState] | None:
    words = [word.strip() for text in call.request.query.getall("status", [])
             for word in text.split(",") if word.strip()]  # fmt: skip
    for word in words:
        if word not in STATES:
            raise _bad("status", f"status is one of {', '.join(sorted(STATES))}, not {word!r}")
    return frozenset(state for word in words for state in STATES[word]) if words else None


def _cursor(call: Call) -> Place | None:
    text = call.query("cursor")
    if not text:
        return None
    at, _, key = text.partition(".")
    if not (_is_number(at) and _is_number(key)):
        raise _bad("cursor", "the cursor is not one that a page gave")
    return Place(Millis(int(at)), key)


def _limit(call: Call) -> int:
    text = call.query("limit")
    if text is None:
        return _USUAL_LIMIT
    if not _is_number(text) or not 1 <= int(text) <= _LARGEST_LIMIT:
        raise _bad("limit", f"limit lies between 1 and {_LARGEST_LIMIT}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 15


def _bad(field: str, message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message, {"field": field})
