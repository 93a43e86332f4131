"""What a client sends for a form -> parameters by input id, and files by input id."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.manifest import FILE_TYPES, InputType, Manifest

INPUT_IMAGE = "input_image"
"""The field that means the first picture of a form, whatever its id."""

_EXISTING = "_existing_"
_LISTS = frozenset({"scenes", "loras", "loras_high", "loras_low"})


@dataclass(frozen=True, slots=True)
class FormValues:
    params: JsonObject
    files: Mapping[str, str]
    """Input id -> name of an uploaded file."""
    first_file: str | None
    """The first file in the order of the form, also one that was named as a parameter."""


def read_form_values(
    manifest: Manifest, params: JsonObject, uploaded: Mapping[str, str]
) -> FormValues:
    """Sort out what was sent: `_existing_<input>` names a file that was uploaded before.

    `uploaded` maps fields of the form to names. Lists may come as JSON in a text.
    """
    existing = {
        name.removeprefix(_EXISTING): value
        for name, value in params.items()
        if name.startswith(_EXISTING) and isinstance(value, str) and value
    }
    fields = {**existing, **uploaded}
    files = {_input_id(manifest, name): file for name, file in fields.items()}
    kept = {
        name: _decoded(name, value) for name, value in params.items() if not name.startswith("_")
    }
    return FormValues(kept, files, _first_file(manifest, {**kept, **files}))


def _input_id(manifest: Manifest, name: str) -> str:
    """The input that a field is for."""
    known = [item.id for item in manifest.inputs if item.type in FILE_TYPES]
    if name in known or name != INPUT_IMAGE:
        return name
    pictures = [item.id for item in manifest.inputs if item.type is InputType.IMAGE]
    return next(iter([*pictures, *known]), name)


def _first_file(manifest: Manifest, given: JsonObject) -> str | None:
    ordered = [item.id for item in manifest.inputs if item.type in FILE_TYPES]
    for name in (*ordered, INPUT_IMAGE):
        value = given.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def _decoded(name: str, value: JsonValue) -> JsonValue:
    if name not in _LISTS or not isinstance(value, str):
        return value
    try:
        decoded: JsonValue = json.loads(value)
    except ValueError:
        return value
    return decoded
