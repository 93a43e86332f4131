"""Put a dynamic workflow together: stages chosen, blocks filled, repeated and joined."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.condition import as_text, parse_condition
from greenroom.domain.workflow.dynamic.block import Block
from greenroom.domain.workflow.dynamic.injection import (
    PlacedBlock,
    chosen_loras,
    chosen_pairs,
    inject_loras,
    override_vae,
)
from greenroom.domain.workflow.dynamic.placeholders import Filler, Reference
from greenroom.domain.workflow.dynamic.scenes import (
    EXTRA_SCENES,
    SCENES,
    Seeds,
    as_integer,
    frame_rate,
    read_scenes,
)
from greenroom.domain.workflow.dynamic.variables import run_variables
from greenroom.domain.workflow.manifest import Manifest, Stage
from greenroom.domain.workflow.nearest import nearest
from greenroom.domain.workflow.seeds import Draw

MAX_NODES = 20_000
MAX_ROUNDS = 500
_FIRST_ID = 101


@dataclass(frozen=True, slots=True)
class Assembled:
    prompt: dict[str, JsonValue]
    seeds: Mapping[str, int]
    """Every seed that was used: `seed`, `batch_1`, ..., `scene_1`, ..."""
    unresolved: tuple[str, ...]
    """Placeholders that nothing stood for; they are still in the prompt."""
    blocks: tuple[str, ...]
    """The files that were used, in order."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a run brings besides its parameters."""

    draw: Draw
    seeds: Mapping[str, int] = field(default_factory=dict)
    """Seeds of an earlier run, used again by name."""
    output_dir: str = ""
    lora_pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def assemble(
    manifest: Manifest, blocks: Mapping[str, Block], params: JsonObject, choices: Choices
) -> Assembled:
    """The graph that a dynamic workflow's pipeline makes of these parameters.

    `blocks` are the workflow's block files by name, with or without `.json`. BAD_REQUEST when a
    file is missing or a parameter does not fit, TOO_LARGE when the graph gets out of hand.
    """
    return _Assembler(manifest, blocks, params, choices).run()


class _Assembler:
    def __init__(
        self, manifest: Manifest, blocks: Mapping[str, Block], params: JsonObject, choices: Choices
    ) -> None:
        self._manifest = manifest
        self._blocks = blocks
        self._seeds = Seeds(choices.draw, choices.seeds)
        self._variables = run_variables(manifest, params, choices.output_dir, self._seeds)
        self._params: JsonObject = {**manifest.defaults, **self._variables, **params}
        self._wanted_seed = params.get("seed", _usual_seed(manifest))
        self._scenes = read_scenes(manifest, params)
        self._loras = chosen_loras(manifest, params)
        self._pairs = chosen_pairs(manifest, params, choices.lora_pairs)
        self._ids: Iterator[str] = (str(number) for number in count(_FIRST_ID))
        self._prompt: dict[str, JsonValue] = {}
        self._exports: dict[str, Reference] = {}
        self._unresolved: dict[str, None] = {}
        self._used: dict[str, None] = {}

    def run(self) -> Assembled:
        for group in _groups(self._manifest.pipeline):
            if group[0].repeat is None:
                self._exports.update(self._add(group[0], {}, self._exports))
            else:
                self._repeat(group)
        return Assembled(self._prompt, self._seeds.used, tuple(self._unresolved), tuple(self._used))

    def _repeat(self, group: Sequence[Stage]) -> None:
        head = group[0]
        over_scenes = head.repeat in {SCENES, EXTRA_SCENES}
        first = 1 if head.repeat == EXTRA_SCENES else 0
        before = dict(self._exports)
        made: dict[str, Reference] = {}
        for index in range(self._rounds(head)):
            known = {**before, **made} if head.chain else dict(before)
            if index > 0:
                known |= _handed_on(head.chain_imports, made)
            variables = self._scene(first + index) if over_scenes else self._batch(index)
            variables["_iteration"] = index
            made = {}
            for stage in group:
                exports = self._add(stage, variables, known)
                known |= exports
                made |= exports
        self._exports |= made

    def _rounds(self, stage: Stage) -> int:
        """How often a group runs: a number, a parameter's number, or a list's length."""
        wanted = stage.repeat
        value = self._params.get(wanted) if isinstance(wanted, str) else wanted
        rounds: int | None = len(value) if isinstance(value, list) else as_integer(value)
        if wanted in {SCENES, EXTRA_SCENES} and not isinstance(value, int):
            rounds = len(self._scenes) - (wanted == EXTRA_SCENES)
        rounds = 1 if rounds is None else max(0, rounds)
        if rounds > MAX_ROUNDS:
            message = f"stage {stage.block!r} repeats {rounds} times; {MAX_ROUNDS} is the limit"
            raise AppError(ErrorCode.TOO_LARGE, message)
        return rounds

    def _batch(self, index: int) -> dict[str, JsonValue]:
        seed = self._seeds.take(f"batch_{index + 1}", self._wanted_seed, index)
        return {"seed": seed, "batch_num": str(index + 1)}

    def _scene(self, index: int) -> dict[str, JsonValue]:
        scene = self._scenes[min(index, len(self._scenes) - 1)]
        wanted = scene.fields.get("seed", self._wanted_seed)
        seed = self._seeds.take(f"scene_{index + 1}", wanted)
        return scene.variables(index + 1, frame_rate(self._variables), seed)

    def _add(
        self, stage: Stage, variables: JsonObject, known: Mapping[str, Reference]
    ) -> dict[str, Reference]:
        """Add a stage's block, unless its condition says no; gives what it exports."""
        condition = parse_condition(stage.condition) if stage.condition is not None else None
        if condition is not None and not condition.holds(self._params):
            return {}
        if stage.scene_index is not None and stage.scene_index >= len(self._scenes):
            return {}
        block = self._block(stage)
        if block is None:
            return {}
        own = self._scene(stage.scene_index) if stage.scene_index is not None else {}
        placed = self._place(block, {**self._variables, **variables, **own}, known)
        inject_loras(stage, placed, self._loras, self._pairs, self._ids)
        if stage.vae_override is not None:
            override_vae(placed, self._params.get(stage.vae_override), self._ids)
        self._prompt.update(placed.nodes)
        if len(self._prompt) > MAX_NODES:
            raise AppError(ErrorCode.TOO_LARGE, f"the workflow has more than {MAX_NODES} nodes")
        return placed.exports

    def _place(
        self, block: Block, variables: JsonObject, known: Mapping[str, Reference]
    ) -> PlacedBlock:
        ids = {local: next(self._ids) for local in block.nodes}
        imports = {name: known[name] for name in block.imports if name in known}
        filler = Filler(ids, imports, variables)
        nodes: dict[str, dict[str, JsonValue]] = {}
        for local, node in block.nodes.items():
            inputs = node.get("inputs")
            filled = filler.inputs(inputs if isinstance(inputs, Mapping) else {})
            nodes[ids[local]] = {**node, "inputs": filled}
        self._unresolved |= filler.unresolved
        exports = {name: Reference(ids[e.node], e.output) for name, e in block.exports.items()}
        return PlacedBlock(nodes, ids, exports)

    def _block(self, stage: Stage) -> Block | None:
        """The block of a stage; None when its switch has no case for the parameter's value."""
        name = stage.file or stage.block
        if stage.switch is not None:
            case = as_text(self._params.get(stage.switch))
            chosen = stage.cases.get(case) or stage.cases.get(stage.default or "")
            if chosen is None:
                return None
            name = chosen
        block = self._blocks.get(name) or self._blocks.get(f"{name}.json")
        if block is None:
            hint = "".join(f"; there is {close!r}" for close in nearest(name, self._blocks, 1))
            details: dict[str, JsonValue] = {"block": name, "stage": stage.block}
            message = f"stage {stage.block!r} needs block {name!r}, which is not there{hint}"
            raise AppError(ErrorCode.BAD_REQUEST, message, details)
        self._used[name] = None
        return block


def _usual_seed(manifest: Manifest) -> JsonValue:
    own = next((item.default for item in manifest.inputs if item.id == "seed"), None)
    return manifest.defaults.get("seed", -1) if own is None else own


def _groups(pipeline: Sequence[Stage]) -> Iterator[list[Stage]]:
    """Single stages, and repeated ones with all that they take along."""
    group: list[Stage] = []
    for stage in pipeline:
        joins = group and group[0].repeat is not None and stage.in_repeat and stage.repeat is None
        if joins:
            group.append(stage)
            continue
        if group:
            yield group
        group = [stage]
    if group:
        yield group


def _handed_on(
    chain_imports: Mapping[str, str], made: Mapping[str, Reference]
) -> dict[str, Reference]:
    """What a round gets from the round before it, under its own names."""
    return {name: made[source] for name, source in chain_imports.items() if source in made}
