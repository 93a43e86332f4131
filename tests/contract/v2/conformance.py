"""Checks answers against the description of API v2."""

import json

from tests.contract.openapi import Description

from greenroom.api.v2.description import contract

NOT_DECLARED = {
    ("post", "/api/v2/assets/from-hash", 422): "the contract names no answer to a broken body",
    ("post", "/api/v2/assets", 413): "the contract names no answer to a body that is too large",
    ("post", "/api/v2/jobs", 413): "likewise",
    ("head", "/api/v2/assets/by-hash/{hash}", 403): "likewise for a foreign host",
}
CONTRACT = Description(contract, forgiven=NOT_DECLARED)


def check(method, path, status, content_type, body):
    """Fail unless the contract declares this answer and its body fits."""
    CONTRACT.check(method, path, status, content_type, body)
    template = CONTRACT.operation(method, path)
    if (method.lower(), template, status) in NOT_DECLARED and body:
        check_value("ErrorEnvelope", json.loads(body))


def check_value(schema, value):
    CONTRACT.check_value(["components", "schemas", schema], value)
