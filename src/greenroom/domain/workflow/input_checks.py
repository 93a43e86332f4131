"""Check one literal: convert it as ComfyUI does, then compare it with ranges and lists."""

import math
import operator
from collections.abc import Callable, Mapping

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow import node_errors
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.node_errors import Crash, NodeError

_CONVERT: Mapping[str, Callable[..., JsonValue]] = {
    "INT": int,
    "FLOAT": float,
    "STRING": str,
    "BOOLEAN": bool,
}
# Typed for any JSON: what cannot be compared raises, and that is an answer too.
_LESS: Callable[..., bool] = operator.lt
_MORE: Callable[..., bool] = operator.gt
_SMALLEST, _BIGGEST = -(2**63), 2**64 - 1


def check_literal(
    spec: InputSpec, value: JsonValue, *, listed: bool
) -> tuple[JsonValue, NodeError | Crash | None]:
    """The value as it will run, and what is wrong with it.

    `listed` is false for inputs that their class checks itself: only their type matters here.
    """
    value = unwrap(value)
    convert = _CONVERT.get(spec.wire_type) if isinstance(spec.wire_type, str) else None
    if convert is not None:
        try:
            converted = convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            return value, node_errors.invalid_input_type(spec, value, str(error))
        reason = _unfit(converted)
        if reason is not None:
            return value, node_errors.invalid_input_type(spec, value, reason)
        value = converted
    if not listed:
        return value, None
    return value, _check_range(spec, value) or _check_choice(spec, value)


def unwrap(value: JsonValue) -> JsonValue:
    """The value inside {"__value__": ...}, which is how a literal list is sent; else the value."""
    if isinstance(value, Mapping) and "__value__" in value:
        return value["__value__"]
    return value


def _unfit(value: JsonValue) -> str | None:
    """Why a number could not be sent on as JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return "the number is not finite"
    if isinstance(value, int) and not _SMALLEST <= value <= _BIGGEST:
        return "the integer does not fit into 64 bits"
    return None


def _check_range(spec: InputSpec, value: JsonValue) -> NodeError | Crash | None:
    least, most = spec.options.get("min"), spec.options.get("max")
    try:
        if least is not None and _LESS(value, least):
            return node_errors.value_smaller_than_min(spec, value, least)
        if most is not None and _MORE(value, most):
            return node_errors.value_bigger_than_max(spec, value, most)
    except TypeError as error:
        return Crash("TypeError", str(error))
    return None


def _check_choice(spec: InputSpec, value: JsonValue) -> NodeError | None:
    if spec.choices is None:
        return None
    several = spec.options.get("multiselect") is True and isinstance(value, list)
    values = value if several and isinstance(value, list) else [value]
    names = spec.quick.members or frozenset()
    others = [choice for choice in spec.choices if not isinstance(choice, str)]
    strangers = [
        item for item in values if item not in (names if isinstance(item, str) else others)
    ]
    return node_errors.value_not_in_list(spec, value, strangers) if strangers else None
