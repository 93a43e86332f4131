"""The library: what is in it and who could run it; take in, rename, delete."""

from aiohttp import web

from greenroom.api.bodies import read_bytes
from greenroom.api.console import bodies
from greenroom.api.console.shapes import Changed, Ids
from greenroom.api.console.workflow_shapes import Library, LibraryEntry, Rename
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.library import WorkflowVersion
from greenroom.service.workflow_source import Source


async def show(call: Call) -> web.StreamResponse:
    """By name."""
    newest = await call.services.workflows.list(call.principal)
    return json_response(Library([await _entry(call, version) for version in newest]))


async def take_in(call: Call) -> web.StreamResponse:
    """The body, whatever kind of file it is, as a workflow or a new version of one.

    UNSUPPORTED_MEDIA, INVALID_JSON, INVALID_GRAPH.
    """
    name = call.query("name") or "workflow.json"
    source = Source(name, {name: await read_bytes(call.request)})
    published = await call.services.workflows.take_in(call.principal, source)
    return json_response(Changed([published.version.id]))


async def rename(call: Call) -> web.StreamResponse:
    """NOT_FOUND, BAD_REQUEST."""
    wish = await bodies.read(call, Rename)
    await call.services.workflows.change(call.principal, wish.id, name=wish.name)
    return json_response(Changed([wish.id]))


async def delete(call: Call) -> web.StreamResponse:
    """With all versions; the jobs stay. NOT_FOUND."""
    wanted = (await bodies.read(call, Ids)).ids
    for workflow_id in wanted:
        await call.services.workflows.delete(call.principal, workflow_id)
    return json_response(Changed(wanted))


async def _entry(call: Call, version: WorkflowVersion) -> LibraryEntry:
    readiness = await call.services.workflows.readiness(call.principal, version)
    return LibraryEntry(
        id=version.id,
        name=version.name,
        version=version.version,
        source=version.source,
        updated_at=version.created_at,
        inferred=version.inferred,
        workers=list(readiness.workers),
        missing_nodes=list(readiness.missing_nodes),
        missing_models=list(readiness.missing_models),
    )
