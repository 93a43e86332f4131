"""The OpenAPI description of Comfy Cloud's API: the published contract, and what differs here."""

from importlib import resources
from typing import Any

import msgspec

from greenroom.api.cloud.statuses import RAW

_STRING: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}
_JOB_ID = [{"name": "job_id", "in": "path", "required": True, "schema": _STRING}]

ALSO_ANSWERED: dict[tuple[str, str, str], str] = {
    ("get", "/api/jobs", "400"): "a parameter that cannot be; the newer contract has it",
    ("get", "/api/history_v2", "400"): "a number that is none",
    ("post", "/api/interrupt", "404"): "the job that the body names is unknown; likewise newer",
    ("delete", "/api/assets/{id}", "409"): "a job that goes on needs the asset; likewise newer",
}
"""Answers that this contract lacks, and why they are given."""

_RESPONSES = {"400": "Refused", "401": "Unauthorized", "404": "NotFound", "409": "Conflict",
              "413": "TooLarge"}  # fmt: skip


def contract() -> dict[str, Any]:
    """What every server of this API keeps to, as a JSON value."""
    text = resources.files(__package__).joinpath("openapi.json").read_bytes()
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def description() -> dict[str, Any]:
    """The same as this server keeps to it."""
    told = contract()
    told["servers"] = [{"url": "/cloud"}]
    told["components"]["responses"]["Conflict"] = {
        **told["components"]["responses"]["Refused"],
        "description": "Still needed.",
    }
    for method, path, status in ALSO_ANSWERED:
        told["paths"][path][method]["responses"][status] = _response(_RESPONSES[status])
    _correct(told)
    _add_newer(told["paths"])
    _add_the_usual(told["paths"])
    return told


def _add_the_usual(paths: dict[str, Any]) -> None:
    """Every operation asks for a key, and no body may be endless."""
    for operations in paths.values():
        for operation in operations.values():
            answers = operation["responses"]
            answers.setdefault("401", _response("Unauthorized"))
            if "requestBody" in operation:
                answers.setdefault("413", _response("TooLarge"))
    paths["/api/prompt"]["post"]["responses"] |= {
        status: _response("PromptRefused") for status in ("401", "413")
    }


def _response(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{name}"}


def _correct(told: dict[str, Any]) -> None:
    """Where the contract does not say what the service does, or cannot be kept."""
    schemas = told["components"]["schemas"]
    status = schemas["JobStatusResponse"]["properties"]["status"]
    status["enum"] = sorted(set(RAW.values()))
    # It names two kinds of objects of which an item must be one, which no object can.
    item = schemas["QueueItem"]["items"]
    item["anyOf"] = item.pop("oneOf")
    kinds = told["paths"]["/api/jobs"]["get"]["parameters"]
    next(one for one in kinds if one["name"] == "output_type")["schema"]["enum"].append("3d")
    kinds.append({"name": "after", "in": "query", "schema": _STRING})
    view = told["paths"]["/api/view"]["get"]
    view["parameters"].append(
        {
            "name": "res",
            "in": "query",
            "schema": {"type": "integer", "minimum": 64, "maximum": 1024},
        }
    )
    view["responses"]["200"]["content"]["image/jpeg"] = {"schema": _STRING}


def _add_newer(paths: dict[str, Any]) -> None:
    """The operations that came after the contract was published."""
    paths["/api/jobs/{job_id}"]["delete"] = {
        "parameters": _JOB_ID,
        "responses": {
            "204": {"description": "Done."},
            "404": _response("NotFound"),
            "409": _response("Conflict"),
        },
    }
    paths["/api/jobs/{job_id}/cancel"] = {
        "post": {
            "parameters": _JOB_ID,
            "responses": {**_answer("cancelled", {"type": "boolean"}), "400": _response("Refused"),
                          "404": _response("NotFound")},
        }
    }  # fmt: skip
    ids = {"type": "array", "items": _STRING}
    body = {"type": "object", "required": ["job_ids"], "properties": {"job_ids": ids}}
    paths["/api/jobs/cancel"] = {
        "post": {
            "requestBody": {"content": {"application/json": {"schema": body}}},
            "responses": {
                **_answer("cancelled", ids),
                "400": _response("Refused"),
                "404": _response("NotFound"),
            },
        }
    }
    paths["/api/jobs/{job_id}/assets"] = {
        "get": {
            "parameters": _JOB_ID,
            "responses": {
                **_answer("assets", {"type": "array", "items": _OBJECT}),
                "400": _response("Refused"),
                "404": _response("NotFound"),
            },
        }
    }


def _answer(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    shape = {"type": "object", "required": [name], "properties": {name: schema}}
    return {"200": {"description": "Done.", "content": {"application/json": {"schema": shape}}}}
