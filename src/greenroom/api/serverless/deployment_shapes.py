"""The JSON of a deployment."""

from greenroom.api.instants import instant
from greenroom.api.serverless.links import Links
from greenroom.domain.deployment import Deployment
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import WorkflowVersion
from greenroom.domain.workflow.manifest import ManifestInput

STATUS = "standby"
"""The only word of the API: how busy a deployment is, its requests tell."""


def deployment(one: Deployment) -> dict[str, JsonValue]:
    rule = one.rule
    return {
        "id": one.id,
        "name": one.name,
        "workflow_id": one.workflow_id,
        "workflow_version": f"v{one.version}",
        "hardware": [] if one.hardware is None else [one.hardware],
        "min_instances": rule.min_instances,
        "max_instances": rule.max_instances,
        "queue_size": rule.queue_size,
        "keep_warm_duration_in_seconds": rule.keep_warm_ms // 1000,
        "status": STATUS,
        "is_enabled": one.enabled,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
    }


def payload(links: Links, one: Deployment, version: WorkflowVersion) -> JsonObject:
    """What a request can override, with the values that run when it does not."""
    graph = version.graph or {}
    overrides: dict[str, dict[str, dict[str, JsonValue]]] = {}
    for item in version.manifest.inputs:
        if item.node_id is not None and item.node_id in graph and item.input_name is not None:
            node = overrides.setdefault(item.node_id, {"inputs": {}})
            node["inputs"][item.input_name] = _value(graph, item)
    return {
        "workflow_api_json": version.graph,
        "overrides": dict(overrides),
        "object_info_url": links.object_info(one.id),
    }


def readme(one: Deployment, version: WorkflowVersion) -> str:
    """What its owner wrote; else its name, its description, and what can be overridden."""
    if one.readme:
        return one.readme
    lines = [f"# {one.name}", "", version.manifest.description or version.name, ""]
    known = [item for item in version.manifest.inputs if item.node_id and item.input_name]
    if known:
        lines += ["| Input | Node | Name |", "| --- | --- | --- |"]
        lines += [f"| {_cell(item.label)} | {item.node_id} | {item.input_name} |" for item in known]
    return "\n".join(lines).rstrip() + "\n"


def _value(graph: JsonObject, item: ManifestInput) -> JsonValue:
    node = graph[str(item.node_id)]
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs.get(item.input_name, item.default) if isinstance(inputs, dict) else item.default


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
