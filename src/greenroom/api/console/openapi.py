"""The OpenAPI description of the console API, made from its table and its types."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

import greenroom
from greenroom.api.console import shapes
from greenroom.api.console.endpoints import Endpoint
from greenroom.api.console.routes import PREFIX

_REF = "#/components/schemas/{name}"
_PLACEHOLDER = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def description(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """OpenAPI 3.1 as a JSON value."""
    table = tuple(endpoints)
    kinds = {kind for one in table for kind in (one.answer, one.body) if kind is not None}
    named = sorted(kinds, key=lambda kind: kind.__name__)
    streamed = (shapes.Problem, shapes.Hello, shapes.JobNews)
    _, schemas = msgspec.json.schema_components((*named, *streamed), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in table:
        path = PREFIX + _PLACEHOLDER.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Greenroom console API", "version": greenroom.__version__},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    given = [_parameter(name, "path") for name in _PLACEHOLDER.findall(one.path)]
    given += [_parameter(name, "query") for name in one.query]
    operation: dict[str, Any] = {"summary": one.summary, "responses": _responses(one)}
    if given:
        operation["parameters"] = given
    if one.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(one.body)}
    return operation


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}


def _responses(one: Endpoint) -> dict[str, Any]:
    good: dict[str, Any] = {"description": one.summary}
    if one.answer is not None:
        good["content"] = _json(one.answer)
    return {"200": good, "default": {"description": "Refused", "content": _json(shapes.Problem)}}


def _json(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=kind.__name__)}}}
