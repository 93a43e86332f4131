"""Parameters of a run -> the graph that runs, every seed explicit."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import Bound, WorkflowVersion
from greenroom.domain.workflow.dynamic.assembly import Choices, assemble
from greenroom.domain.workflow.dynamic.block import parse_block
from greenroom.domain.workflow.dynamic_prompt import expand_dynamic_prompt
from greenroom.domain.workflow.graph import Node, parse_graph
from greenroom.domain.workflow.manifest import FILE_TYPES, InputType, ManifestInput, WorkflowKind
from greenroom.domain.workflow.manifest_binding import bind_parameters
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.seeds import BIGGEST_SEED, Draw, biggest_seed, resolve_seeds
from greenroom.domain.workflow.text_replacement import with_dates

_RANDOM = -1
_WITHOUT_DEFAULT = FILE_TYPES | {InputType.SEED}


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What a run brings besides its parameters."""

    seeds: Mapping[str, int] = field(default_factory=dict)
    """Seeds of an earlier run, which win over parameters: what a retry restores."""
    output_dir: str = ""
    """Prefix of a dynamic workflow's files."""
    draw: Draw = secrets.randbelow
    now: datetime | None = None
    """Fills in the dates of file names that come from the editor."""


def bind(
    version: WorkflowVersion, params: JsonObject, object_info: ObjectInfo, choices: RunChoices
) -> Bound:
    """BAD_REQUEST names a parameter that cannot be; INVALID_GRAPH when no graph can be made."""
    if version.kind is WorkflowKind.DYNAMIC:
        return _bind_dynamic(version, params, object_info, choices)
    if version.graph is None:
        raise AppError(ErrorCode.INVALID_GRAPH, f"workflow {version.id!r} cannot be run now")
    inputs = version.manifest.inputs
    seed_ids = {item.id for item in inputs if item.type is InputType.SEED}
    restored = {name: seed for name, seed in choices.seeds.items() if name in seed_ids}
    given = {**with_defaults(inputs, params), **restored}
    given = _with_drawn_seeds(version, given, object_info, choices.draw)
    bound = bind_parameters(version.manifest, given, choices.draw)
    graph = apply_overrides(version.graph, bound.overrides, object_info)
    if version.content.prompt is None:
        graph = _expanded(graph, object_info, choices)
    graph, drawn = _with_node_seeds(graph, object_info, choices)
    seeds = _seeds_of_inputs(inputs, graph, bound.params)
    told = {f"{item.node_id}.{item.input_name}" for item in inputs if item.id in seeds}
    rest = {place: seed for place, seed in drawn.items() if place not in told}
    return Bound(graph, seeds | rest, {**bound.params, **seeds})


def _with_drawn_seeds(
    version: WorkflowVersion, given: JsonObject, object_info: ObjectInfo, draw: Draw
) -> dict[str, JsonValue]:
    """Draw the seeds of the form that are -1, also where the graph itself says so.

    None is beyond what its node and its field take.
    """
    complete = dict(given)
    for item in version.manifest.inputs:
        node = _node_of(version, item)
        if item.type is not InputType.SEED or node is None:
            continue
        value = given.get(item.id, node.inputs.get(item.input_name or ""))
        if str(value) == str(_RANDOM):
            low, high = _seed_range(item, node, object_info)
            complete[item.id] = low + draw(max(high - low, 0) + 1)
    return complete


def _node_of(version: WorkflowVersion, item: ManifestInput) -> Node | None:
    if version.graph is None or item.node_id is None:
        return None
    return parse_graph(version.graph).nodes.get(item.node_id)


def _seed_range(item: ManifestInput, node: Node, object_info: ObjectInfo) -> tuple[int, int]:
    node_class = object_info.find(node.class_type)
    spec = node_class.inputs.get(item.input_name or "") if node_class is not None else None
    high = BIGGEST_SEED if spec is None else biggest_seed(spec)
    low = 0 if item.min is None else max(0, round(item.min))
    return low, high if item.max is None else min(high, round(item.max))


def with_defaults(inputs: Iterable[ManifestInput], params: JsonObject) -> dict[str, JsonValue]:
    """The parameters, and the defaults of those that are not given.

    Files and seeds have none: what stands in the graph stays.
    """
    complete: dict[str, JsonValue] = {
        name: value for name, value in params.items() if value is not None
    }
    sized = {"width", "height"} <= complete.keys()
    for item in inputs:
        if item.type in _WITHOUT_DEFAULT or item.default is None:
            continue
        if item.type is InputType.RESOLUTION_PICKER and sized:
            continue
        complete.setdefault(item.id, item.default)
    return complete


def _bind_dynamic(
    version: WorkflowVersion, params: JsonObject, object_info: ObjectInfo, choices: RunChoices
) -> Bound:
    given = with_defaults(version.manifest.inputs, params)
    for item in version.manifest.inputs:
        if item.required and item.id not in given:
            details: dict[str, JsonValue] = {"parameter": item.id}
            raise AppError(ErrorCode.BAD_REQUEST, f"parameter {item.id!r} is missing", details)
    blocks = {name: parse_block(name, block) for name, block in version.content.blocks.items()}
    chosen = Choices(choices.draw, seeds=choices.seeds, output_dir=choices.output_dir)
    made = assemble(version.manifest, blocks, given, chosen)
    graph, drawn = _with_node_seeds(made.prompt, object_info, choices)
    return Bound(graph, {**made.seeds, **drawn}, given)


def _with_node_seeds(
    graph: JsonObject, object_info: ObjectInfo, choices: RunChoices
) -> tuple[JsonObject, dict[str, int]]:
    """Restore the seeds of single nodes, draw those that are left; NODE.INPUT -> seed of both."""
    overrides: dict[str, dict[str, JsonValue]] = {}
    restored: dict[str, int] = {}
    for place, seed in choices.seeds.items():
        node_id, _, name = place.rpartition(".")
        if node_id in graph:
            overrides.setdefault(node_id, {})[name] = seed
            restored[place] = seed
    resolved = resolve_seeds(
        apply_overrides(graph, overrides, object_info), object_info, choices.draw
    )
    drawn = {
        f"{node_id}.{name}": seed
        for node_id, seeds in resolved.drawn.items()
        for name, seed in seeds.items()
    }
    return resolved.prompt, restored | drawn


def _seeds_of_inputs(
    inputs: Iterable[ManifestInput], graph: JsonObject, params: JsonObject
) -> dict[str, int]:
    """Input id -> the seed that runs, of every seed of the form."""
    seeds: dict[str, int] = {}
    for item in inputs:
        if item.type is not InputType.SEED:
            continue
        value = params.get(item.id)
        if item.node_id is not None and item.input_name is not None:
            node = graph.get(item.node_id)
            placed = node.get("inputs") if isinstance(node, Mapping) else None
            value = placed.get(item.input_name) if isinstance(placed, Mapping) else value
        if isinstance(value, int) and not isinstance(value, bool):
            seeds[item.id] = value
    return seeds


def _expanded(graph: JsonObject, object_info: ObjectInfo, choices: RunChoices) -> JsonObject:
    """Each {one|other} of the editor's texts decided, and dates put into names of files."""
    overrides: dict[str, dict[str, JsonValue]] = {}
    for node_id, node in parse_graph(graph).nodes.items():
        node_class = object_info.find(node.class_type)
        for spec in node_class.inputs.values() if node_class is not None else ():
            text = node.inputs.get(spec.name)
            if not isinstance(text, str):
                continue
            if spec.options.get("dynamicPrompts") is True:
                expanded = expand_dynamic_prompt(text, choices.draw)
                overrides.setdefault(node_id, {})[spec.name] = expanded
    decided = apply_overrides(graph, overrides, object_info)
    return decided if choices.now is None else with_dates(decided, choices.now)
