"""One node, many values: calls a node once for each value of its inputs and merges the results."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.cpu.definition import Definition
from greenroom.engine.cpu.graph import Node
from greenroom.engine.cpu.grouping import grouped
from greenroom.engine.cpu.node import Result

Lists = Mapping[str, Sequence[Any]]
"""Input name -> its values; a shorter list repeats its last."""


def calls(definition: Definition, lists: Lists) -> Iterator[dict[str, Any]]:
    """The inputs of each call."""
    if definition.takes_lists:
        yield dict(lists)
        return
    longest = max((len(values) for values in lists.values()), default=0)
    if longest == 0:
        yield {}
    for index in range(longest):
        yield {name: values[min(index, len(values) - 1)] for name, values in lists.items()}


def run_each(
    node: Node, lists: Lists, call: Callable[..., Any]
) -> tuple[tuple[list[object], ...], JsonObject | None]:
    """The values of every output slot, and the merged `ui`."""
    rows: list[tuple[object, ...]] = []
    uis: list[JsonObject] = []
    for inputs in calls(node.definition, lists):
        returned = call(**grouped(node.paths, inputs))
        if isinstance(returned, Result):
            uis.append(returned.ui)
        rows.append(returned.outputs if isinstance(returned, Result) else tuple(returned))
    return _merged(node.definition, rows), _merged_ui(uis)


def _merged(definition: Definition, rows: Sequence[tuple[object, ...]]) -> tuple[list[object], ...]:
    slots: list[list[object]] = []
    for slot, output in enumerate(definition.outputs):
        values = [row[slot] for row in rows if slot < len(row)]
        slots.append([each for value in values for each in _list(value)] if output.many else values)
    return tuple(slots)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _merged_ui(uis: Sequence[JsonObject]) -> JsonObject | None:
    if not uis:
        return None
    merged: dict[str, JsonValue] = {}
    for key in uis[0]:
        parts = (ui[key] for ui in uis)
        merged[key] = [each for part in parts if isinstance(part, list | tuple) for each in part]
    return merged
