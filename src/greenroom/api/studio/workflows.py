"""The workflows with what they need, and the folder they come from."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.studio.times import iso
from greenroom.api.wire import json_response
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.library import Readiness, WorkflowVersion
from greenroom.domain.workflow.manifest_json import input_json, output_json
from greenroom.service import library_folder

_INDEX_VERSION = 1


async def show(call: Call) -> web.StreamResponse:
    library = call.services.workflows
    found = await library.list(call.principal)
    told = [_workflow(one, await library.readiness(call.principal, one)) for one in found]
    newest = max((one.created_at for one in found), default=Millis(0))
    return json_response(
        {"version": _INDEX_VERSION, "date": iso(newest) if found else None, "workflows": told}
    )


async def show_one(call: Call) -> web.StreamResponse:
    """NOT_FOUND."""
    workflow_id = call.part("workflow_id")
    try:
        version = await call.services.workflows.get(call.principal, workflow_id)
    except AppError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        raise AppError(error.code, f"Workflow '{workflow_id}' not found") from error
    needs = await call.services.workflows.readiness(call.principal, version)
    return json_response(_workflow(version, needs))


async def sync(call: Call) -> web.StreamResponse:
    """Look into the folder of workflows now, instead of when the next change is noticed."""
    services = call.services
    synced = await library_folder.sync(
        services.workflows, services.policy.workflows_dir, call.principal
    )
    told: dict[str, JsonValue] = {"updated": synced.updated, "checked": synced.checked}
    if synced.refused:
        told["errors"] = list(synced.refused)
    return json_response(told)


def _workflow(version: WorkflowVersion, needs: Readiness) -> dict[str, JsonValue]:
    manifest = version.manifest
    return {
        "id": version.id,
        "name": version.name,
        "category": manifest.category,
        "type": version.kind.value,
        "version": version.version,
        "date": manifest.date or iso(version.created_at),
        "description": manifest.description,
        "author": manifest.author,
        "group": manifest.group,
        "inputs": [input_json(item) for item in manifest.inputs],
        "outputs": [output_json(item) for item in manifest.outputs],
        "required_models": list(manifest.required_models),
        "required_nodes": list(manifest.required_nodes),
        "models_status": {
            "total": len(needs.models),
            "present": len(needs.models) - len(needs.missing_models),
            "missing": list(needs.missing_models),
        },
        "nodes_status": {
            "total": len(needs.nodes),
            "installed": len(needs.nodes) - len(needs.missing_nodes),
            "missing": list(needs.missing_nodes),
        },
        "ready": needs.ready,
    }
