"""A preset: a filled-in form under a name."""

import re
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Preset:
    id: str
    name: str
    description: str
    private: bool
    workflow_id: str
    workflow_name: str
    params: JsonObject
    source: str
    """Where it came from: user, or import."""

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "private": self.private,
            "workflow": {
                "workflow_id": self.workflow_id,
                "workflow_name": self.workflow_name,
                "params": self.params,
            },
            "source": self.source,
        }


def preset_of(value: JsonValue, source: str = "user") -> Preset:
    """The preset in decoded JSON; BAD_REQUEST says what is missing."""
    told = value if isinstance(value, dict) else {}
    name = told.get("name")
    workflow = told.get("workflow")
    if not isinstance(name, str) or not name.strip():
        raise _refusal("A preset needs a name.")
    if not isinstance(workflow, dict) or not isinstance(workflow.get("workflow_id"), str):
        raise _refusal("A preset needs a workflow with its workflow_id.")
    params = workflow.get("params", {})
    if not isinstance(params, dict):
        raise _refusal("The params of a preset are an object.")
    return Preset(
        id=checked_preset_id(str(told.get("id") or preset_id_from(name))),
        name=name.strip(),
        description=str(told.get("description") or ""),
        private=told.get("private") is True,
        workflow_id=str(workflow["workflow_id"]),
        workflow_name=str(workflow.get("workflow_name") or ""),
        params=params,
        source=str(told.get("source") or source),
    )


def preset_id_from(name: str) -> str:
    """`My cat, again` -> `My-cat-again`."""
    return _NOT_IN_IDS.sub("-", name)[:100].strip("-") or "preset"


def checked_preset_id(preset_id: str) -> str:
    """BAD_REQUEST when it is no such id."""
    if not _ID.fullmatch(preset_id):
        raise _refusal("The id of a preset is made of letters, digits, '_' and '-', at most 100.")
    return preset_id


def _refusal(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
