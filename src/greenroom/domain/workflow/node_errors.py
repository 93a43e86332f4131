"""The errors of one node, field by field as ComfyUI words them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.input_spec import InputSpec

NodeError: TypeAlias = JsonObject
"""{type, message, details, extra_info}."""

_LONGEST_LIST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Crash:
    """What ComfyUI's own checks would raise: a Python exception's name and text."""

    kind: str
    text: str


def required_input_missing(name: str, shown: str) -> NodeError:
    return _error(
        "required_input_missing", "Required input is missing", shown, {"input_name": name}
    )


def bad_linked_input(spec: InputSpec, value: JsonValue) -> NodeError:
    message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
    return _error("bad_linked_input", message, spec.name, _received(spec, value))


def return_type_mismatch(spec: InputSpec, received_type: JsonValue, link: JsonValue) -> NodeError:
    details = f"{spec.name}, received_type({received_type}) mismatch input_type({spec.wire_type})"
    extra_info: JsonObject = {
        "input_name": spec.name,
        "input_config": spec.config,
        "received_type": received_type,
        "linked_node": link,
    }
    message = "Return type mismatch between linked nodes"
    return _error("return_type_mismatch", message, details, extra_info)


def invalid_input_type(spec: InputSpec, value: JsonValue, reason: str) -> NodeError:
    return _error(
        "invalid_input_type",
        f"Failed to convert an input value to a {spec.type} value",
        f"{spec.name}, {value}, {reason}",
        {**_received(spec, value), "exception_message": reason},
    )


def value_smaller_than_min(spec: InputSpec, value: JsonValue, least: JsonValue) -> NodeError:
    message = f"Value {value} smaller than min of {least}"
    return _error("value_smaller_than_min", message, spec.name, _received(spec, value))


def value_bigger_than_max(spec: InputSpec, value: JsonValue, most: JsonValue) -> NodeError:
    message = f"Value {value} bigger than max of {most}"
    return _error("value_bigger_than_max", message, spec.name, _received(spec, value))


def value_not_in_list(
    spec: InputSpec, value: JsonValue, strangers: Sequence[JsonValue]
) -> NodeError:
    choices = list(spec.choices or ())
    long = len(choices) > _LONGEST_LIST_SHOWN
    offered = f"(list of length {len(choices)})" if long else str(choices)
    names = ", ".join(repr(stranger) for stranger in strangers)
    extra_info: JsonObject = {
        "input_name": spec.name,
        "input_config": None if long else spec.config,
        "received_value": value,
    }
    details = f"{spec.name}: {names} not in {offered}"
    return _error("value_not_in_list", "Value not in list", details, extra_info)


def custom_validation_failed(name: str, reason: str) -> NodeError:
    message = "Custom validation failed for node"
    details = f"{name} - {reason}"
    return _error("custom_validation_failed", message, details, {"input_name": name})


def dependency_cycle(node_id: str, path: str, nodes: Sequence[str]) -> NodeError:
    extra_info: JsonObject = {"node_id": node_id, "cycle_nodes": nodes}
    return _error("dependency_cycle", "Dependency cycle detected", path, extra_info)


def exception_during_validation(crash: Crash) -> NodeError:
    """A crash in an output node itself. Tracebacks are never shown."""
    extra_info: JsonObject = {"exception_type": crash.kind, "traceback": []}
    message = "Exception when validating node"
    return _error("exception_during_validation", message, crash.text, extra_info)


def exception_during_inner_validation(
    crash: Crash, name: str, config: JsonValue, link: JsonValue
) -> NodeError:
    """A crash in a node that the input `name` of another one links to."""
    extra_info: JsonObject = {
        "input_name": name,
        "input_config": config,
        "exception_message": crash.text,
        "exception_type": crash.kind,
        "traceback": [],
        "linked_node": link,
    }
    message = "Exception when validating inner node"
    return _error("exception_during_inner_validation", message, crash.text, extra_info)


def _received(spec: InputSpec, value: JsonValue) -> dict[str, JsonValue]:
    return {"input_name": spec.name, "input_config": spec.config, "received_value": value}


def _error(kind: str, message: str, details: str, extra_info: JsonObject) -> NodeError:
    return {"type": kind, "message": message, "details": details, "extra_info": extra_info}
