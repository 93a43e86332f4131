"""Checks answers against the description of API v2."""

import json
import re
from functools import cache

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from greenroom.api.v2.description import contract

_ROOT = "urn:v2"
NOT_DECLARED = {
    ("post", "/api/v2/assets/from-hash", 422): "the contract names no answer to a broken body",
    ("post", "/api/v2/assets", 413): "the contract names no answer to a body that is too large",
    ("post", "/api/v2/jobs", 413): "likewise",
    ("head", "/api/v2/assets/by-hash/{hash}", 403): "likewise for a foreign host",
}


@cache
def spec():
    return contract()


@cache
def _registry():
    return Registry().with_resource(_ROOT, Resource(spec(), DRAFT4))


def operation(method, path):
    """(path template, operation) that a request goes to; None when it is none of the contract."""
    for template, operations in spec()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            exact = "{" not in template or path not in spec()["paths"]
            if exact:
                return template, operations[method.lower()]
    return None


def check(method, path, status, content_type, body):
    """Fail unless the contract declares this answer and its body fits."""
    found = operation(method, path)
    if found is None:
        return
    template, declared = found
    if (method.lower(), template, status) in NOT_DECLARED:
        check_value("#/components/schemas/ErrorEnvelope", json.loads(body))
        return
    answers = declared["responses"]
    assert str(status) in answers, f"{method} {template} does not answer {status}: {body[:300]}"
    answer = answers[str(status)]
    if "$ref" in answer:
        answer = spec()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content")
    if not content or method == "HEAD":
        return
    kind = content_type.partition(";")[0]
    assert kind in content, f"{method} {template} {status} is {content_type}"
    if kind == "application/json":
        check_value(content[kind]["schema"]["$ref"], json.loads(body))


def check_value(reference, value):
    schema = {"$ref": _ROOT + reference}
    OAS30Validator(schema, registry=_registry(), format_checker=oas30_format_checker).validate(
        value
    )
