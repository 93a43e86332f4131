"""The variables that every block of a run may name."""

from collections.abc import Mapping

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.condition import is_set
from greenroom.domain.workflow.dynamic.scenes import Seeds, as_integer
from greenroom.domain.workflow.manifest import InputType, Manifest, ManifestInput
from greenroom.domain.workflow.manifest_binding import cast_parameter

_USUAL_SIDE = 1024
_USUAL_SCALE = 1.5
_BIGGEST_SCALE = 100


def run_variables(
    manifest: Manifest, params: JsonObject, output_dir: str, seeds: Seeds
) -> dict[str, JsonValue]:
    """Defaults, then parameters in the types of their inputs, then what is worked out of them.

    BAD_REQUEST when a parameter does not fit its input.
    """
    variables: dict[str, JsonValue] = dict(manifest.defaults)
    variables |= {
        name: value
        for name, value in params.items()
        if _is_scalar(value) and not name.startswith("_")
    }
    for item in manifest.inputs:
        given = params.get(item.id)
        missing = given is None or (given == "" and item.type is not InputType.TEXT)
        value = _usual(item, variables) if missing else cast_parameter(item, given)
        if item.type is InputType.RESOLUTION_PICKER and isinstance(value, Mapping):
            sides = {"width": value.get("w"), "height": value.get("h")}
            variables = {**sides, **variables} if missing else {**variables, **sides}
        elif _is_scalar(value):
            variables[item.id] = value
    variables |= _sizes(variables)
    variables["seed"] = seeds.take("seed", variables.get("seed", -1))
    variables["output_dir"] = variables["_output_dir"] = output_dir
    variables["output_prefix"] = f"{output_dir}/final" if output_dir else "final"
    variables["batch_num"] = "1"
    variables["_iteration"] = 0
    variables.setdefault("input_image", _first_image(manifest, variables))
    return variables


def _usual(item: ManifestInput, variables: JsonObject) -> JsonValue:
    """The value of a parameter that was not given: the input's own, or the workflow's."""
    return variables.get(item.id) if item.default is None else item.default


def _sizes(variables: JsonObject) -> dict[str, JsonValue]:
    width = as_integer(variables.get("width")) or _USUAL_SIDE
    height = as_integer(variables.get("height")) or _USUAL_SIDE
    sizes: dict[str, JsonValue] = {"width": width, "height": height}
    if is_set(variables.get("hires_enabled")):
        scale = variables.get("hires_scale")
        factor = _USUAL_SCALE
        if isinstance(scale, int | float) and 0 < scale <= _BIGGEST_SCALE:
            factor = float(scale)
        sizes |= {"hires_width": int(width * factor), "hires_height": int(height * factor)}
    return sizes


def _first_image(manifest: Manifest, variables: JsonObject) -> JsonValue:
    for item in manifest.inputs:
        if item.type is InputType.IMAGE and is_set(variables.get(item.id)):
            return variables[item.id]
    return ""


def _is_scalar(value: JsonValue) -> bool:
    return value is not None and not isinstance(value, list | Mapping)
