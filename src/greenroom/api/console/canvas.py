"""A workflow of the gallery as the editor shows it."""

import asyncio
import base64
import binascii
from collections.abc import Mapping

from aiohttp import web

from greenroom.api.bodies import parse_json
from greenroom.api.console import sample
from greenroom.api.console.cards import decoded
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.ui_graph import parse_ui_graph
from greenroom.domain.workflow.ui_to_api import convert
from greenroom.service.workflow_export import ExportForm

_ENCODED = "b64-"


async def show(call: Call) -> web.StreamResponse:
    """The file that the editor opens. NOT_FOUND; INVALID_GRAPH for classes that nobody knows."""
    return json_response(await _canvas(call, _readable(call.part("workflow_id"))))


async def _canvas(call: Call, workflow_id: str) -> JsonValue:
    kind, _, name = workflow_id.partition("-")
    view = call.services.nodes.view()
    if kind == "job":
        return await _of_job(call, JobId(name), view)
    if kind == "library":
        version = await call.services.workflows.get(call.principal, name)
        files = await call.services.workflows.export(call.principal, version, ExportForm.UI)
        return parse_json(next(iter(files.values())))
    if workflow_id == sample.ID:
        return await asyncio.to_thread(_drawn, sample.GRAPH, view)
    file = await call.services.userdata.read(call.principal, f"workflows/{name}.json")
    if file is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such workflow.")
    return parse_json(file.data)


async def _of_job(call: Call, job_id: JobId, view: ObjectInfo) -> JsonObject:
    detail = await call.services.jobs.detail(call.principal, job_id)
    if detail is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
    graph = decoded(detail.payload.to_run)
    picture = decoded(detail.payload.extra_data).get("extra_pnginfo") or {}
    workflow = picture.get("workflow")
    if isinstance(workflow, Mapping) and await asyncio.to_thread(_says, workflow, graph, view):
        return dict(workflow)
    return await asyncio.to_thread(_drawn, graph, view)


def _says(workflow: JsonObject, graph: JsonObject, view: ObjectInfo) -> bool:
    """Whether what was on the canvas is still what ran: a form may have changed values since."""
    try:
        found = convert(parse_ui_graph(workflow), EditorClasses(view)).prompt
    except AppError:
        return False
    return _inputs(found) == _inputs(graph)


def _inputs(graph: JsonObject) -> dict[str, JsonValue]:
    return {
        node_id: node.get("inputs") for node_id, node in graph.items() if isinstance(node, Mapping)
    }


def _drawn(graph: JsonObject, view: ObjectInfo) -> JsonObject:
    return api_to_ui(graph, EditorClasses(view))


def _readable(text: str) -> str:
    """The editor takes letters, digits, `_`, `.` and `-`; other ids come in base64."""
    if not text.startswith(_ENCODED):
        return text
    try:
        return base64.urlsafe_b64decode(text.removeprefix(_ENCODED) + "===").decode()
    except (binascii.Error, UnicodeDecodeError):
        raise AppError(ErrorCode.NOT_FOUND, "There is no such workflow.") from None
