"""The OpenAPI description of the serverless API: its routes, with what they take and answer."""

from typing import Any, TypeAlias

from greenroom.api.docs import from_routes
from greenroom.api.routes import Dialect
from greenroom.domain.scaling.rule import LONGEST_WARM_S, MOST_INSTANCES, MOST_MINIMUM

_Schema: TypeAlias = dict[str, Any]
_TEXT: _Schema = {"type": "string"}
_FLAG: _Schema = {"type": "boolean"}
_OBJECT: _Schema = {"type": "object"}
_TEXTS: _Schema = {"type": "array", "items": _TEXT}


def description(dialect: Dialect) -> _Schema:
    told = from_routes(dialect)
    told["components"] = {
        "schemas": {"Deployment": _deployment(), "Request": _request(), "Error": _error()},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }
    told["security"] = [{"key": []}]
    refused = {"description": "Refused.", "content": _json({"$ref": "#/components/schemas/Error"})}
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            status, answer = _answer(path, method)
            operation["responses"] = {
                status: {"description": "Done.", "content": _json(answer)},
                "default": refused,
            }
            operation["parameters"] += _parameters(path, method)
            if body := _body(path, method):
                operation["requestBody"] = {"content": _json({"$ref": body})}
    return told


def _body(path: str, method: str) -> str | None:
    if path.endswith(("/inference", "/runsync")):
        return "#/components/schemas/Request"
    changes = method in {"post", "patch"} and path.endswith(("/deployments", "{deployment_id}"))
    return "#/components/schemas/Deployment" if changes else None


def _answer(path: str, method: str) -> tuple[str, _Schema]:
    one: _Schema = {"$ref": "#/components/schemas/Deployment"}
    if path.endswith("/cancel"):
        return "202", _object(request_id=_TEXT, status=_TEXT, outcome=_TEXT)
    if path.endswith("/deployments"):
        return "200", one if method == "post" else {"type": "array", "items": one}
    if path.endswith("{deployment_id}"):
        return "200", one
    return "200", _OBJECT


def _parameters(path: str, method: str) -> list[_Schema]:
    names: tuple[str, ...] = ()
    if path.endswith(("/inference", "/runsync")):
        names = ("webhook", "webhook_intermediate_status")
    if path.endswith("/runsync"):
        names = (*names, "wait")
    if path.endswith("/requests"):
        names = ("status", "tag", "limit", "cursor")
    if method == "get" and path.endswith(("/deployments", "{deployment_id}")):
        names = ("ids", "includes") if path.endswith("/deployments") else ("includes",)
    return [{"name": name, "in": "query", "schema": _TEXT} for name in names]


def _deployment() -> _Schema:
    return _object(
        name=_TEXT,
        workflow_id=_TEXT,
        workflow_version={**_TEXT, "examples": ["v1"]},
        hardware={**_TEXTS, "maxItems": 1, "examples": [["AMPERE_48"]]},
        min_instances=_number(0, MOST_MINIMUM),
        max_instances=_number(1, MOST_INSTANCES),
        queue_size=_number(0, None),
        keep_warm_duration_in_seconds=_number(0, LONGEST_WARM_S),
        readme=_TEXT,
        is_enabled=_FLAG,
    )


def _request() -> _Schema:
    override = _object(inputs=_OBJECT)
    return _object(
        overrides={**_OBJECT, "additionalProperties": override},
        workflow_api_json=_OBJECT,
        extra_data=_object(api_key_comfy_org=_TEXT),
        webhook=_TEXT,
        webhook_intermediate_status=_FLAG,
        priority={"type": "integer"},
        tags=_TEXTS,
        start_timeout_in_seconds=_number(1, None),
    )


def _error() -> _Schema:
    entry = _object(loc=_TEXTS, msg=_TEXT, type=_TEXT)
    detail = {"type": "array", "items": entry}
    return _object(
        error_code={"type": "integer"}, error_message=_TEXT, message=_TEXT, detail=detail
    )


def _object(**properties: _Schema) -> _Schema:
    return {"type": "object", "properties": properties}


def _number(least: int, most: int | None) -> _Schema:
    limits = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "integer", **limits}


def _json(schema: _Schema) -> _Schema:
    return {"application/json": {"schema": schema}}
