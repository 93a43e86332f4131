"""The OpenAPI description of API v2: the published contract, and what is served beyond it."""

from importlib import resources
from typing import Any

import msgspec

_STRING: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}


def contract() -> dict[str, Any]:
    """What every server of this API keeps to, as a JSON value."""
    text = resources.files(__package__).joinpath("openapi.json").read_bytes()
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def description() -> dict[str, Any]:
    """The same with our own additions."""
    told = contract()
    told["paths"]["/api/v2/jobs"]["get"] = _list(
        told["paths"]["/api/v2/jobs"]["post"]["responses"]["422"]
    )
    told["paths"]["/api/v2/health"] = {
        "get": {"summary": "Ask whether the server works", "responses": _answers(_OBJECT)}
    }
    # The contract leaves open what a body that cannot be read is answered with.
    minted = told["paths"]["/api/v2/assets/from-hash"]["post"]["responses"]
    minted["422"] = told["paths"]["/api/v2/jobs"]["post"]["responses"]["422"]
    submit = told["paths"]["/api/v2/jobs"]["post"]
    properties = submit["requestBody"]["content"]["application/json"]["schema"]["properties"]
    properties["metadata"] = {"description": "Up to 1 KiB of JSON, given back with the job"}
    properties["priority"] = {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000}
    for name, schema in (
        ("webhook_url", {"type": "string", "pattern": "^https?://[!-~]*$", "maxLength": 2048}),
        ("webhook_intermediate_status", {"type": "boolean"}),
    ):
        submit["parameters"].append({"name": name, "in": "query", "schema": schema})
    return told


def _list(refused: dict[str, Any]) -> dict[str, Any]:
    names = ("status", "workflow_id", "limit", "cursor")
    page = {
        "type": "object",
        "required": ["jobs"],
        "properties": {"jobs": {"type": "array", "items": _OBJECT}, "next_cursor": _STRING},
    }
    return {
        "summary": "List jobs, the newest first",
        "parameters": [{"name": name, "in": "query", "schema": _STRING} for name in names],
        "responses": {**_answers(page), "422": refused},
    }


def _answers(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"200": {"description": "Done.", "content": content}}
