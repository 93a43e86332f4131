"""Workflows: list, look, import, change, delete, export, bind."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.library import shapes
from greenroom.api.uploads import Form, read_form
from greenroom.api.wire import empty, json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.library import WorkflowVersion
from greenroom.service.workflow_export import ExportForm
from greenroom.service.workflow_source import Source

_LARGEST_VERSION = 2**31 - 1


async def show(call: Call) -> web.StreamResponse:
    """Every workflow, with what is missing to run it; ?tag= keeps those that have it."""
    library = call.services.workflows
    tag = call.query("tag")
    shown = [v for v in await library.list(call.principal) if tag is None or tag in v.tags]
    lines = [shapes.workflow_line(v, await library.readiness(call.principal, v)) for v in shown]
    return json_response({"workflows": lines})


async def show_one(call: Call) -> web.StreamResponse:
    library = call.services.workflows
    version = await _version(call)
    page = shapes.workflow_page(
        version,
        await library.versions(call.principal, version.id),
        await library.readiness(call.principal, version),
    )
    return json_response(page)


async def take_in(call: Call) -> web.StreamResponse:
    """A form: each file under its path inside the folder, and `source`, `id`, `name`, `tags`."""
    async with read_form(call, call.services.policy.body_limit) as form:
        source = await asyncio.to_thread(_source, form)
        given = form.fields
        published = await call.services.workflows.take_in(
            call.principal,
            source,
            workflow_id=given.get("id") or None,
            name=given.get("name") or None,
            tags=given.get("tags", "").split(","),
        )
    needs = await call.services.workflows.readiness(call.principal, published.version)
    line = shapes.workflow_line(published.version, needs)
    return json_response({**line, "created": published.created}, 201 if published.created else 200)


async def change(call: Call) -> web.StreamResponse:
    body = await read_object(call.request)
    name = body.get("name")
    if name is not None and not isinstance(name, str):
        raise _bad("'name' must be a text")
    await call.services.workflows.change(
        call.principal, call.part("id"), name=name, tags=_tags(body.get("tags"))
    )
    return await show_one(call)


async def delete(call: Call) -> web.StreamResponse:
    await call.services.workflows.delete(call.principal, call.part("id"))
    return empty(204)


async def export(call: Call) -> web.StreamResponse:
    """{"files": {path: text}}, in the form that ?to= says."""
    word = call.query("to") or ExportForm.FOLDER
    if word not in set(ExportForm):
        raise _bad(f"'to' is one of {', '.join(ExportForm)}")
    version = await _version(call)
    files = await call.services.workflows.export(call.principal, version, ExportForm(word))
    return json_response({"files": {path: data.decode() for path, data in files.items()}})


async def bind(call: Call) -> web.StreamResponse:
    """What POST /prompt takes for a run with these parameters, seeds drawn."""
    body = await read_object(call.request)
    params = body.get("params", {})
    if not isinstance(params, dict):
        raise _bad("'params' must be an object")
    version = await _version(call)
    bound = await call.services.workflows.bind(call.principal, version, params)
    return json_response(shapes.bound_run(version, bound))


async def _version(call: Call) -> WorkflowVersion:
    """The version that ?version= says, else the newest."""
    text = call.query("version")
    number = None
    if text is not None:
        number = int(text) if text.isdecimal() and len(text) < 10 else _LARGEST_VERSION
    return await call.services.workflows.get(call.principal, call.part("id"), number)


def _source(form: Form) -> Source:
    files = {}
    for path, sent in form.files.items():
        sent.landing.file.seek(0)
        files[path] = sent.landing.file.read()
    if not files:
        raise _bad("The form has no file.")
    first = next(iter(form.files.values()))
    return Source(form.fields.get("source") or first.filename or "workflow", files)


def _tags(value: JsonValue) -> Sequence[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise _bad("'tags' must be a list of texts")
    return [str(tag) for tag in value]


def _bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
