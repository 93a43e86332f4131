"""Unfold dynamic inputs: which inputs a node has, given the values it holds."""

from typing import assert_never

from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.input_spec import Autogrow, DynamicCombo, DynamicSlot, InputSpec
from greenroom.domain.workflow.object_info import NodeClass


def unfold(node_class: NodeClass, inputs: JsonObject) -> tuple[tuple[InputSpec, ...], bool]:
    """The inputs of a node with these values, and whether any dynamic one took part."""
    specs = list(node_class.plain)
    took_part = False
    for spec in node_class.dynamic:
        took_part = _unfold_one(spec, inputs, specs) or took_part
    return tuple(specs), took_part


def _unfold_one(spec: InputSpec, inputs: JsonObject, found: list[InputSpec]) -> bool:
    nested = spec.nested
    if nested is None:
        found.append(spec)
        return False
    if isinstance(nested, Autogrow):
        found.extend(nested.inputs)
        return True
    if isinstance(nested, DynamicCombo):
        key = inputs.get(spec.name)
        held = nested.options.get(key) if isinstance(key, str) else None
    elif isinstance(nested, DynamicSlot):
        held = nested.inputs if spec.name in inputs else None
    else:
        assert_never(nested)
    if held is None:
        return False
    found.append(spec)
    for inner in held:
        _unfold_one(inner, inputs, found)
    return True
