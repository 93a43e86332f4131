"""Make every seed explicit, so that a run can be repeated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import Graph, parse_graph
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.object_info import NodeClass, ObjectInfo

Draw: TypeAlias = Callable[[int], int]
"""A random integer at least 0 and below its argument: secrets.randbelow, or a test's own."""

BIGGEST_SEED = 2**53
"""The largest integer that every JSON reader keeps."""

_RANDOM = -1
_SEED_NAMES = frozenset({"seed", "noise_seed"})


@dataclass(frozen=True, slots=True)
class ResolvedSeeds:
    prompt: JsonObject
    """The graph with explicit seeds; the same object when nothing had to be drawn."""
    drawn: dict[str, dict[str, int]]
    """Node id -> input name -> the seed that was drawn."""


def resolve_seeds(prompt: JsonValue, object_info: ObjectInfo, draw: Draw) -> ResolvedSeeds:
    """Draw a seed from 0 to 2^53 for every seed that is -1, or missing where it is required."""
    graph = parse_graph(prompt)
    drawn: dict[str, dict[str, int]] = {}
    for node_id, node in graph.nodes.items():
        node_class = object_info.find(node.class_type)
        if node_class is None:
            continue
        for spec in seed_inputs(node_class):
            value = node.inputs.get(spec.name, _RANDOM if spec.required else None)
            if value == _RANDOM and not isinstance(value, bool):
                seed = draw(biggest_seed(spec) + 1)
                drawn.setdefault(node_id, {})[spec.name] = seed
    return ResolvedSeeds(_with_seeds(graph, drawn), drawn)


def seed_inputs(node_class: NodeClass) -> Iterator[InputSpec]:
    """The inputs of a class that are seeds: integers that the editor may renew after each run."""
    for spec in node_class.inputs.values():
        if spec.type != "INT":
            continue
        if spec.name in _SEED_NAMES or (
            spec.options.get("control_after_generate") and "seed" in spec.name
        ):
            yield spec


def biggest_seed(spec: InputSpec) -> int:
    """The largest seed that the input takes and every JSON reader keeps."""
    most = spec.options.get("max")
    return max(0, min(most, BIGGEST_SEED)) if isinstance(most, int) else BIGGEST_SEED


def _with_seeds(graph: Graph, drawn: dict[str, dict[str, int]]) -> JsonObject:
    if not drawn:
        return graph.source
    prompt = dict(graph.source)
    for node_id, seeds in drawn.items():
        body = graph.source[node_id]
        inputs = {**graph.nodes[node_id].inputs, **seeds}
        prompt[node_id] = {**(body if isinstance(body, dict) else {}), "inputs": inputs}
    return prompt
