"""Which sockets fit together, and which input stands in for an output of a bypassed node."""

from collections.abc import Sequence

from greenroom.domain.workflow.input_spec import ANY_TYPE


def fits(one: str, other: str) -> bool:
    """Whether a link may join sockets of these types: equal, sharing a member, or any."""
    if ANY_TYPE in {one, other} or one == other:
        return True
    members = {name.strip().lower() for name in one.split(",")}
    return not members.isdisjoint(name.strip().lower() for name in other.split(","))


def bypass_input(inputs: Sequence[str], output: str, slot: int, wanted: str) -> int | None:
    """The index of the input that a bypassed node passes on to its output `slot`.

    `inputs` and `output` are the node's own socket types, `wanted` the type of the consumer.
    """
    known = 0 <= slot < len(inputs)
    if wanted == ANY_TYPE:
        return (slot if known else 0) if inputs else None
    if known and fits(inputs[slot], output) and fits(inputs[slot], wanted):
        return slot
    for index, kind in enumerate(inputs):
        if kind == wanted:
            return index
    for index, kind in enumerate(inputs):
        if fits(kind, output) and fits(kind, wanted):
            return index
    return None
