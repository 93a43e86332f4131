"""Run workflows: the form, uploads, build, execute, status and result."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.context import Call
from greenroom.api.files import disposition, file_headers
from greenroom.api.sent_file import SentFile
from greenroom.api.studio import incoming, shapes
from greenroom.api.uploads import Form, read_form
from greenroom.api.wire import json_response
from greenroom.domain.asset import Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.job import JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.media import best_of
from greenroom.domain.recipe import JobRecord
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.manifest_json import manifest_json
from greenroom.service.assets import FileName
from greenroom.service.runner import Order

_PLAIN_FORM = "application/x-www-form-urlencoded"


async def manifest(call: Call) -> web.StreamResponse:
    """The manifest of a workflow: what its form is made from. NOT_FOUND."""
    version = await call.services.workflows.get(call.principal, call.part("workflow_id"))
    needs: JsonObject = {"required_models": [], "required_nodes": []}
    return json_response({**needs, **manifest_json(version.manifest)})


async def upload(call: Call) -> web.StreamResponse:
    async with read_form(call, call.services.policy.upload_limit) as form:
        if not form.files:
            raise AppError(ErrorCode.BAD_REQUEST, "The form has no file.")
        kept = await incoming.keep_all(call, form)
    if not kept:
        raise AppError(ErrorCode.BAD_REQUEST, "The file is empty.")
    return json_response({"filename": next(iter(kept.values()))})


async def build(call: Call) -> web.StreamResponse:
    """The graph of a run that is not made, in the API's format or the editor's."""
    async with _order(call) as order:
        bound = await call.services.runner.build(call.principal, call.part("workflow_id"), order)
    if call.query("format") != "workflow":
        return json_response(bound.graph)
    classes = EditorClasses(call.services.nodes.view())
    return json_response(await asyncio.to_thread(api_to_ui, bound.graph, classes))


async def execute(call: Call) -> web.StreamResponse:
    """NOT_FOUND without the workflow, BAD_REQUEST or INVALID_GRAPH for what it cannot do."""
    async with _order(call) as order:
        started = await call.services.runner.execute(
            call.principal, call.part("workflow_id"), order
        )
    told: dict[str, JsonValue] = {
        "prompt_id": started.job.id,
        "client_id": started.client_id,
        "seeds": dict(started.seeds),
    }
    if started.node_errors:
        told["node_errors"] = started.node_errors
    return json_response(told)


async def status(call: Call) -> web.StreamResponse:
    """How a run is. One that nobody knows is pending, as one that waits."""
    found = await _record(call)
    if found is None or found.job.state is JobState.QUEUED:
        return json_response({"status": "pending", "step": 0, "total_steps": 0})
    if found.job.finished_at is None:
        live = call.services.watch.live(found.job.id)
        if live is None:
            return json_response({"status": "running", "step": 0, "total_steps": 0})
        now = call.services.clock.now()
        return json_response(shapes.progress(found, live.progress, now))
    return json_response(_ended(found))


async def result(call: Call) -> web.StreamResponse:
    """The best file of a run, a film before a picture. NOT_FOUND before there is one."""
    found = await _record(call)
    if found is None or found.job.finished_at is None:
        raise AppError(ErrorCode.NOT_FOUND, "Result not ready")
    best = best_of(shapes.outputs(found)).first
    if best is None:
        raise AppError(ErrorCode.NOT_FOUND, "No output found")
    name = FileName.checked(Root(best.type), best.subfolder, best.filename)
    asset = await call.services.assets.find(call.principal, name)
    if asset is None:
        raise AppError(ErrorCode.NOT_FOUND, "No output found")
    headers = file_headers(call.request, asset.name)
    if not headers["Content-Disposition"].startswith("attachment"):
        headers["Content-Disposition"] = f"inline; {disposition(asset.name)}"
    return SentFile(call.services.assets.local_path(asset), headers=headers)


@asynccontextmanager
async def _order(call: Call) -> AsyncIterator[Order]:
    """The filled-in form of a request, its files stored already."""
    async with read_form(call, call.services.policy.upload_limit) as form:
        if call.request.content_type == _PLAIN_FORM:
            form.fields.update(parse_qsl((await read_bytes(call.request)).decode(errors="replace")))
        params = _params(form)
        yield Order(params, await incoming.keep_all(call, form))


def _params(form: Form) -> JsonObject:
    value: JsonValue = parse_json((form.fields.get("params") or "{}").encode())
    if not isinstance(value, dict):
        raise AppError(ErrorCode.BAD_REQUEST, "params must be a JSON object")
    return value


async def _record(call: Call) -> JobRecord | None:
    try:
        return await call.services.records.get(call.principal, JobId(call.part("prompt_id")))
    except AppError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return None


def _ended(found: JobRecord) -> dict[str, JsonValue]:
    if found.job.state is JobState.SUCCEEDED:
        media = shapes.media_json(best_of(shapes.outputs(found)))
        return {"status": "completed", "outputs": media}
    told = shapes.record(found)
    return {"status": told["status"], "error": told["error"]}
