"""Manifest -> the JSON that its reader takes, without what is not set."""

from collections.abc import Iterable, Mapping

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


def manifest_json(manifest: Manifest) -> dict[str, JsonValue]:
    """The manifest as JSON; reading it again gives an equal manifest."""
    return {
        "id": manifest.id,
        "name": manifest.name,
        "version": manifest.version,
        "date": manifest.date,
        "type": manifest.kind.value,
        **_set(
            category=manifest.category,
            description=manifest.description,
            author=manifest.author,
            group=manifest.group,
            base_model=manifest.base_model,
            workflow_file=_unless(manifest.workflow_file, "workflow.json"),
            blocks_dir=_unless(manifest.blocks_dir, "blocks"),
            defaults=dict(manifest.defaults),
            pipeline=[_stage(stage) for stage in manifest.pipeline],
        ),
        "inputs": [input_json(item) for item in manifest.inputs],
        "outputs": [output_json(item) for item in manifest.outputs],
        **_set(
            required_models=list(manifest.required_models),
            required_models_map=_lists(manifest.required_models_map),
            required_nodes=list(manifest.required_nodes),
            technical_notes=manifest.technical_notes,
            tags=list(manifest.tags),
        ),
    }


def input_json(item: ManifestInput) -> dict[str, JsonValue]:
    """One input, its label under both of the names that are in use."""
    default: JsonObject = {} if item.default is None else {"default": item.default}
    return {
        "id": item.id,
        "name": item.label,
        "label": item.label,
        "type": item.type.value,
        **_set(required=item.required),
        **default,
        **_set(
            tooltip=item.tooltip,
            placeholder=item.placeholder,
            advanced=item.advanced,
            node_id=item.node_id,
            field=item.input_name,
        ),
        **{
            name: value
            for name, value in (("min", item.min), ("max", item.max), ("step", item.step))
            if value is not None
        },
        **_set(
            multiline=item.multiline,
            options=[_option(option) for option in item.options],
            presets={
                family: [_resolution(size) for size in sizes]
                for family, sizes in item.presets.items()
            },
            base_model=item.base_model,
            max_loras=item.max_loras,
            per_scene=item.per_scene,
        ),
    }


def output_json(item: ManifestOutput) -> dict[str, JsonValue]:
    node: JsonObject = {} if item.node_id is None else {"node_id": item.node_id}
    return {"id": item.id, "name": item.name, "type": item.type.value, **node}


def _stage(stage: Stage) -> dict[str, JsonValue]:
    injection: JsonValue = None
    if stage.lora_injection is not None:
        injection = True if stage.lora_injection is LoraInjection.CHAIN else "paired"
    extra: dict[str, JsonValue] = {}
    if stage.scene_index is not None:
        extra["scene_index"] = stage.scene_index
    if stage.repeat is not None:
        extra["repeat"] = stage.repeat
    if not stage.in_repeat:
        extra["in_repeat"] = False
    if stage.lora_injection is LoraInjection.PAIRED:
        extra["lora_nodes"] = list(stage.lora_nodes)
        extra["lora_start_slot"] = stage.lora_start_slot
    return {
        "block": stage.block,
        **_set(
            file=stage.file,
            switch=stage.switch,
            cases=dict(stage.cases),
            default=stage.default,
            condition=stage.condition,
            chain=stage.chain,
            chain_imports=dict(stage.chain_imports),
            lora_injection=injection,
            vae_override=stage.vae_override,
            models=_lists(stage.models),
        ),
        **extra,
    }


def _option(option: Option) -> dict[str, JsonValue]:
    return {"label": option.label, "value": option.value}


def _resolution(size: Resolution) -> dict[str, JsonValue]:
    return {"label": size.label, "w": size.width, "h": size.height}


def _lists(texts: Mapping[str, Iterable[str]]) -> dict[str, JsonValue]:
    return {key: list(items) for key, items in texts.items()}


def _unless(value: str, usual: str) -> str | None:
    return None if value == usual else value


def _set(**values: JsonValue) -> dict[str, JsonValue]:
    """Those that are not empty, false or missing."""
    return {name: value for name, value in values.items() if value}
