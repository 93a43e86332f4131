"""Nodes that a stage adds behind its block: chosen LoRAs, and another VAE."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.dynamic.placeholders import Reference
from greenroom.domain.workflow.manifest import InputType, LoraInjection, Manifest, Stage

_MODEL, _CLIP, _VAE = "model", "clip", "vae"


class Lora(NamedTuple):
    file: str
    strength: float


class LoraPair(NamedTuple):
    high: Lora
    low: Lora


@dataclass(slots=True)
class PlacedBlock:
    """A block's nodes in the assembled graph."""

    nodes: dict[str, dict[str, JsonValue]]
    """Global id -> {class_type, inputs, _meta}."""
    ids: Mapping[str, str]
    """Local id -> global id."""
    exports: dict[str, Reference]


def chosen_loras(manifest: Manifest, params: JsonObject) -> list[Lora]:
    """The LoRAs of a dynamic picker: [{file, strength}]."""
    return [
        Lora(file, _strength(item.get("strength")))
        for item in _picked(manifest, params, InputType.LORA_PICKER_DYNAMIC, "loras")
        if (file := item.get("file") or item.get("name")) and isinstance(file, str)
    ]


def chosen_pairs(
    manifest: Manifest, params: JsonObject, known: Mapping[str, tuple[str, str]]
) -> list[LoraPair]:
    """The pairs of a picker: [{pair_id, strength_high, strength_low}].

    `known` maps a pair's id to its two files; an entry may also name them itself, as `high` and
    `low`. BAD_REQUEST for a pair nobody knows.
    """
    pairs: list[LoraPair] = []
    for item in _picked(manifest, params, InputType.LORA_PICKER, "lora_pairs"):
        name = str(item.get("pair_id") or "")
        files = known.get(name)
        if "high" in item and "low" in item:
            files = (str(item["high"]), str(item["low"]))
        if files is None:
            details: dict[str, JsonValue] = {"pair_id": name}
            raise AppError(ErrorCode.BAD_REQUEST, f"there is no LoRA pair {name!r}", details)
        high = Lora(files[0], _strength(item.get("strength_high")))
        low = Lora(files[1], _strength(item.get("strength_low")))
        pairs.append(LoraPair(high, low))
    return pairs


def inject_loras(
    stage: Stage, placed: PlacedBlock, loras: list[Lora], pairs: list[LoraPair], ids: Iterator[str]
) -> None:
    """Bring the chosen LoRAs into a block, in the way the stage asks for."""
    if stage.lora_injection is LoraInjection.CHAIN:
        _chain(placed, loras, ids)
    elif stage.lora_injection is LoraInjection.PAIRED:
        for side, name in enumerate(stage.lora_nodes):
            node = placed.nodes.get(placed.ids.get(name, ""))
            if node is not None:
                chosen = [pair[side] for pair in pairs]
                node["inputs"] = {**_inputs(node), **_slots(chosen, stage.lora_start_slot)}


def override_vae(placed: PlacedBlock, file: JsonValue, ids: Iterator[str]) -> None:
    """Pass on another VAE than the block's own."""
    if not isinstance(file, str) or not file:
        return
    node_id = next(ids)
    placed.nodes[node_id] = {
        "class_type": "VAELoader",
        "inputs": {"vae_name": file},
        "_meta": {"title": "VAE of choice"},
    }
    placed.exports[_VAE] = Reference(node_id, 0)


def _chain(placed: PlacedBlock, loras: list[Lora], ids: Iterator[str]) -> None:
    model, clip = placed.exports.get(_MODEL), placed.exports.get(_CLIP)
    if not loras or model is None:
        return
    last_model, last_clip = model, clip
    made: dict[str, dict[str, JsonValue]] = {}
    for lora in loras:
        node_id = next(ids)
        inputs: dict[str, JsonValue] = {
            "lora_name": lora.file,
            "strength_model": lora.strength,
            "model": [last_model.node_id, last_model.output],
        }
        kind = "LoraLoaderModelOnly"
        if last_clip is not None:
            kind = "LoraLoader"
            inputs["strength_clip"] = lora.strength
            inputs["clip"] = [last_clip.node_id, last_clip.output]
            last_clip = Reference(node_id, 1)
        last_model = Reference(node_id, 0)
        made[node_id] = {"class_type": kind, "inputs": inputs, "_meta": {"title": "LoRA"}}
    _rewire(placed, model, last_model)
    placed.exports[_MODEL] = last_model
    if clip is not None and last_clip is not None:
        _rewire(placed, clip, last_clip)
        placed.exports[_CLIP] = last_clip
    placed.nodes.update(made)


def _rewire(placed: PlacedBlock, old: Reference, new: Reference) -> None:
    """Let the block's own users of an output take the new one."""
    for node in placed.nodes.values():
        node["inputs"] = {
            name: [new.node_id, new.output] if value == [old.node_id, old.output] else value
            for name, value in _inputs(node).items()
        }


def _slots(loras: list[Lora], first: int) -> dict[str, JsonValue]:
    return {
        f"lora_{first + index}": {"on": True, "lora": lora.file, "strength": lora.strength}
        for index, lora in enumerate(loras)
    }


def _picked(
    manifest: Manifest, params: JsonObject, kind: InputType, usual: str
) -> Iterator[JsonObject]:
    """The entries of every picker of a kind."""
    names = [item.id for item in manifest.inputs if item.type is kind] or [usual]
    for name in names:
        given = params.get(name)
        for item in given if isinstance(given, list) else ():
            if isinstance(item, Mapping):
                yield item


def _inputs(node: Mapping[str, JsonValue]) -> JsonObject:
    inputs = node.get("inputs")
    return inputs if isinstance(inputs, Mapping) else {}


def _strength(value: JsonValue) -> float:
    try:
        return float(str(value)) if value is not None else 1.0
    except ValueError:
        return 1.0
