"""Check one link: does it lead somewhere, and does the output fit the input?"""

from collections.abc import Mapping
from functools import lru_cache

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow import node_errors
from greenroom.domain.workflow.input_spec import ANY_TYPE, COMBO, MATCH_TYPE, InputSpec
from greenroom.domain.workflow.node_errors import Crash, NodeError
from greenroom.domain.workflow.object_info import NodeClass


def check_link(
    spec: InputSpec, value: list[JsonValue], classes: Mapping[str, NodeClass]
) -> NodeError | Crash | None:
    """What is wrong with `value` as the link of an input. `classes` maps node id -> its class."""
    if len(value) != 2:
        return node_errors.bad_linked_input(spec, value)
    node_id, slot = value
    if not isinstance(node_id, str) or node_id not in classes:
        return nowhere(node_id)
    received = _output_type(classes[node_id], slot)
    if isinstance(received, Crash):
        return received
    if received == spec.wire_type or types_match(received, spec.wire_type):
        return None
    return node_errors.return_type_mismatch(spec, received, value)


def nowhere(node_id: JsonValue) -> Crash:
    """A link to a node that is not there."""
    if isinstance(node_id, (list, dict)):
        return Crash("TypeError", f"unhashable type: '{type(node_id).__name__}'")
    return Crash("KeyError", repr(node_id))


def types_match(received: JsonValue, wanted: JsonValue) -> bool:
    """Whether an output of type `received` may feed an input of type `wanted`."""
    if received == wanted:
        return True
    if isinstance(received, str) and isinstance(wanted, str):
        return _names_match(received, wanted)
    if ANY_TYPE in (received, wanted) or MATCH_TYPE in (received, wanted):
        return True
    return isinstance(received, list) and wanted == COMBO


@lru_cache(maxsize=4096)
def _names_match(received: str, wanted: str) -> bool:
    if MATCH_TYPE in {received, wanted}:
        return True
    offered = {name.strip() for name in received.split(",")}
    accepted = {name.strip() for name in wanted.split(",")}
    return ANY_TYPE in offered | accepted or not offered.isdisjoint(accepted)


def _output_type(node_class: NodeClass, slot: JsonValue) -> "JsonValue | Crash":
    # Slots count from the end when negative, as in the server that runs the graph.
    holder = "list" if node_class.newer else "tuple"
    if not isinstance(slot, int):
        kind = type(slot).__name__
        return Crash("TypeError", f"{holder} indices must be integers or slices, not {kind}")
    if not -len(node_class.outputs) <= slot < len(node_class.outputs):
        return Crash("IndexError", f"{holder} index out of range")
    return node_class.outputs[slot]
