"""Manifest -> the JSON value of manifest.yaml; what stands at its default is left out."""

from collections.abc import Iterator, Mapping

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.manifest import (
    LoraInjection,
    Manifest,
    ManifestInput,
    ManifestOutput,
    Option,
    Resolution,
    Stage,
)

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})


def manifest_json(manifest: Manifest) -> dict[str, JsonValue]:
    """What parse_manifest reads as this manifest."""
    head: dict[str, JsonValue] = {
        "id": manifest.id,
        "name": manifest.name,
        "version": manifest.version,
        "date": manifest.date,
        "type": manifest.kind.value,
    }
    rest: dict[str, JsonValue] = {
        "category": manifest.category,
        "description": manifest.description,
        "author": manifest.author,
        "group": manifest.group,
        "base_model": manifest.base_model,
        "workflow_file": _unless(manifest.workflow_file, "workflow.json"),
        "blocks_dir": _unless(manifest.blocks_dir, "blocks"),
        "defaults": manifest.defaults,
        "pipeline": [_stage(stage) for stage in manifest.pipeline],
        "required_models": list(manifest.required_models),
        "required_models_map": _lists(manifest.required_models_map),
        "required_nodes": list(manifest.required_nodes),
        "technical_notes": manifest.technical_notes,
        "tags": list(manifest.tags),
    }
    forms: dict[str, JsonValue] = {
        "inputs": [input_json(item) for item in manifest.inputs],
        "outputs": [_output(item) for item in manifest.outputs],
    }
    return {**head, **_told(rest), **forms}


def input_json(item: ManifestInput) -> JsonObject:
    """One input as the file has it."""
    told: dict[str, JsonValue] = {
        "id": item.id,
        "name": item.label,
        "type": item.type.value,
        "required": item.required or None,
        "tooltip": item.tooltip,
        "placeholder": item.placeholder,
        "advanced": item.advanced or None,
        "node_id": item.node_id,
        "field": item.input_name,
        "min": item.min,
        "max": item.max,
        "step": item.step,
        "multiline": item.multiline or None,
        "options": [_option(option) for option in item.options],
        "presets": {name: [_size(one) for one in sizes] for name, sizes in item.presets.items()},
        "base_model": item.base_model,
        "max_loras": item.max_loras,
        "per_scene": item.per_scene,
    }
    default: JsonObject = {} if item.default is None else {"default": item.default}
    return {**_told(told), **default}


def _output(item: ManifestOutput) -> JsonObject:
    return _told(
        {"id": item.id, "name": item.name, "type": item.type.value, "node_id": item.node_id}
    )


def _option(option: Option) -> JsonObject:
    return {"label": option.label, "value": option.value}


def _size(size: Resolution) -> JsonObject:
    return {"label": size.label, "w": size.width, "h": size.height}


def _stage(stage: Stage) -> JsonObject:
    usual = Stage(stage.block)
    loaders = list(stage.lora_nodes)
    return _told(
        {
            "block": stage.block,
            "file": stage.file,
            "switch": stage.switch,
            "cases": dict(stage.cases),
            "default": stage.default,
            "condition": stage.condition,
            "repeat": stage.repeat,
            "chain": stage.chain or None,
            "chain_imports": dict(stage.chain_imports),
            "in_repeat": None if stage.in_repeat else False,
            "scene_index": stage.scene_index,
            "lora_injection": _injection(stage.lora_injection),
            "lora_nodes": None if stage.lora_nodes == usual.lora_nodes else loaders,
            "lora_start_slot": _unless(stage.lora_start_slot, usual.lora_start_slot),
            "vae_override": stage.vae_override,
            "models": _stage_models(stage.models),
        }
    )


def _injection(kind: LoraInjection | None) -> JsonValue:
    return None if kind is None else kind.value


def _stage_models(models: Mapping[str, tuple[str, ...]]) -> JsonValue:
    return list(models[""]) if models.keys() == {""} else _lists(models)


def _lists(named: Mapping[str, tuple[str, ...]]) -> JsonObject:
    return {name: list(items) for name, items in named.items()}


def _unless(value: JsonValue, usual: JsonValue) -> JsonValue:
    return None if value == usual else value


def _told(members: JsonObject) -> dict[str, JsonValue]:
    return dict(_meaning(members))


def _meaning(members: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    for name, value in members.items():
        if value not in _EMPTY:
            yield name, value
