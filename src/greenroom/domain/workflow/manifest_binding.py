"""Parameters of a run -> overrides of a static workflow's graph."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.condition import as_text
from greenroom.domain.workflow.dynamic.placeholders import Filler
from greenroom.domain.workflow.graph import json_kind, parse_graph
from greenroom.domain.workflow.manifest import FILE_TYPES, InputType, Manifest, ManifestInput
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import Overrides, apply_overrides
from greenroom.domain.workflow.seeds import BIGGEST_SEED, Draw

_RANDOM = -1
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off", ""})
_PLAIN_NUMBER = re.compile(r"[0-9]{1,30}")
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,30}\s*")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


@dataclass(frozen=True, slots=True)
class BoundParameters:
    overrides: Overrides
    """Node id -> input name -> value."""
    params: JsonObject
    """What was given, with every value in its own type and every seed explicit."""


def bind_parameters(manifest: Manifest, params: JsonObject, draw: Draw) -> BoundParameters:
    """The overrides that the parameters of a run stand for.

    A seed of -1 is drawn. BAD_REQUEST names a parameter that is missing, not of its type, or out
    of range. Parameters that the manifest does not know are kept and set nothing.
    """
    overrides: dict[str, dict[str, JsonValue]] = {}
    bound: dict[str, JsonValue] = dict(params)
    for item in manifest.inputs:
        value = _given(item, params)
        if value is None:
            if item.required:
                raise _refusal(item, "is missing")
            continue
        value = cast_parameter(item, value)
        if item.type is InputType.SEED and value == _RANDOM:
            value = draw(BIGGEST_SEED + 1)
        bound[item.id] = value
        for name, part in _targets(item, value):
            if item.node_id is not None:
                overrides.setdefault(item.node_id, {})[name] = part
    return BoundParameters(overrides, bound)


@dataclass(frozen=True, slots=True)
class BoundGraph:
    prompt: JsonObject
    params: JsonObject
    """As in BoundParameters."""


def bind_graph(
    manifest: Manifest,
    prompt: JsonValue,
    params: JsonObject,
    draw: Draw,
    object_info: ObjectInfo | None = None,
) -> BoundGraph:
    """A static workflow's graph with the parameters of a run in it.

    Fills `{{name}}` wherever the file has it, then sets what the manifest's inputs name.
    BAD_REQUEST when a parameter does not fit, or an input names something that is not there. With
    `object_info`, an input may also name what the class declares and the file leaves out.
    """
    bound = bind_parameters(manifest, params, draw)
    usual = {item.id: item.default for item in manifest.inputs if item.default is not None}
    filler = Filler({}, {}, {**manifest.defaults, **usual, **bound.params})
    graph = parse_graph(prompt)
    filled: dict[str, JsonValue] = {}
    for node_id, body in graph.source.items():
        inputs = filler.inputs(graph.nodes[node_id].inputs)
        filled[node_id] = {**body, "inputs": inputs} if isinstance(body, Mapping) else body
    return BoundGraph(apply_overrides(filled, bound.overrides, object_info), bound.params)


def cast_parameter(item: ManifestInput, value: JsonValue) -> JsonValue:
    """A submitted value in the type of its input; BAD_REQUEST when it cannot be."""
    return _CASTS.get(item.type, _text)(item, value)


def _given(item: ManifestInput, params: JsonObject) -> JsonValue:
    """What the caller gave; a resolution also comes as two parameters, width and height."""
    value = params.get(item.id)
    if value is None and item.type is InputType.RESOLUTION_PICKER:
        width, height = params.get("width"), params.get("height")
        return None if width is None or height is None else {"w": width, "h": height}
    if value == "" and (item.type in FILE_TYPES or item.type is InputType.VAE_PICKER):
        return None
    return value


def _targets(item: ManifestInput, value: JsonValue) -> list[tuple[str, JsonValue]]:
    if item.type is InputType.RESOLUTION_PICKER and isinstance(value, Mapping):
        names = [name.strip() for name in (item.input_name or "width,height").split(",")]
        return list(zip(names, (value["w"], value["h"]), strict=False))
    return [(item.input_name, value)] if item.input_name is not None else []


def _text(item: ManifestInput, value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        raise _refusal(item, f"must be a text, is {json_kind(value)}")
    return value


def _list(item: ManifestInput, value: JsonValue) -> JsonValue:
    if not isinstance(value, list):
        raise _refusal(item, f"must be a list, is {json_kind(value)}")
    return value


def _choice(item: ManifestInput, value: JsonValue) -> JsonValue:
    """The option that was meant, in the type the manifest gives it; else a number if it is one."""
    for option in item.options:
        if option.value == value or as_text(option.value) == value:
            return option.value
    return int(value) if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value) else value


def _integer(item: ManifestInput, value: JsonValue) -> int:
    if isinstance(value, bool):
        raise _refusal(item, "must be an integer, is a boolean")
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise _refusal(item, f"must be an integer, is {_said(value)}")


def _ranged_integer(item: ManifestInput, value: JsonValue) -> JsonValue:
    return _in_range(item, _integer(item, value))


def _ranged_number(item: ManifestInput, value: JsonValue) -> JsonValue:
    number: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
    if number is None or not math.isfinite(number):
        raise _refusal(item, f"must be a number, is {_said(value)}")
    return _in_range(item, number)


def _boolean(item: ManifestInput, value: JsonValue) -> JsonValue:
    if isinstance(value, bool):
        return value
    text = str(value).lower() if isinstance(value, str | int) else None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise _refusal(item, f"must be true or false, is {_said(value)}")


def _resolution(item: ManifestInput, value: JsonValue) -> JsonValue:
    sizes = value if isinstance(value, Mapping) else {}
    width, height = sizes.get("w", sizes.get("width")), sizes.get("h", sizes.get("height"))
    return {"w": _integer(item, width), "h": _integer(item, height)}


def _in_range(item: ManifestInput, value: float) -> float:
    if item.type is InputType.SEED and value == _RANDOM:
        return value
    if item.min is not None and value < item.min:
        raise _refusal(item, f"is {value}, less than {item.min:g}")
    if item.max is not None and value > item.max:
        raise _refusal(item, f"is {value}, more than {item.max:g}")
    return value


def _said(value: JsonValue) -> str:
    return repr(value[:40]) if isinstance(value, str) else json_kind(value)


def _refusal(item: ManifestInput, reason: str) -> AppError:
    details: dict[str, JsonValue] = {"parameter": item.id}
    return AppError(ErrorCode.BAD_REQUEST, f"parameter {item.id!r} {reason}", details)


_CASTS: Mapping[InputType, Callable[[ManifestInput, JsonValue], JsonValue]] = {
    InputType.INT: _ranged_integer,
    InputType.SEED: _ranged_integer,
    InputType.FLOAT: _ranged_number,
    InputType.BOOLEAN: _boolean,
    InputType.SELECT: _choice,
    InputType.RESOLUTION_PICKER: _resolution,
    InputType.LORA_PICKER: _list,
    InputType.LORA_PICKER_DYNAMIC: _list,
    InputType.SCENE_LIST: _list,
}
