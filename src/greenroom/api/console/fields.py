"""One input of a manifest as a field of a form."""

from collections.abc import Iterator

from greenroom.api.console import links
from greenroom.api.console.workflow_shapes import Field, Option, Preset
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.model_files import offered
from greenroom.domain.workflow.manifest import FILE_TYPES, InputType, ManifestInput
from greenroom.service.assets import file_name

_PICTURED = frozenset({InputType.IMAGE, InputType.MASK, InputType.VIDEO})
_FOLDERS = {
    InputType.CHECKPOINT_PICKER: "checkpoints",
    InputType.VAE_PICKER: "vae",
    InputType.LORA_PICKER: "loras",
    InputType.LORA_PICKER_DYNAMIC: "loras",
}
_SCENE = ("prompt", "duration", "seed")


def field(
    item: ManifestInput, value: JsonValue, definitions: JsonObject, *, inferred: bool
) -> Field:
    """`definitions` is /object_info: what model files there are to pick.

    An author says what can be left out; of a form that was `inferred`, no file can.
    """
    pictured = item.type in _PICTURED
    return Field(
        id=item.id,
        label=item.label,
        type=item.type.value,
        required=item.required or (inferred and item.type in FILE_TYPES),
        value=value,
        tooltip=item.tooltip,
        placeholder=item.placeholder,
        advanced=item.advanced,
        multiline=item.multiline,
        min=item.min,
        max=item.max,
        step=item.step,
        options=list(_options(item, definitions)),
        image=links.image_of(file_name(value)) if pictured and isinstance(value, str) else None,
        presets=[
            Preset(family, one.label, one.width, one.height)
            for family, sizes in item.presets.items()
            for one in sizes
        ],
        most=item.max_loras,
        per_scene=list(_per_scene(item)),
    )


def _options(item: ManifestInput, definitions: JsonObject) -> Iterator[Option]:
    yield from (Option(option.label, option.value) for option in item.options)
    folder = _FOLDERS.get(item.type)
    if folder is None or item.options:
        return
    if item.type is InputType.VAE_PICKER and not item.required:
        yield Option("The workflow's own", "")
    for name in _files(folder, definitions):
        yield Option(name, name)


def _files(folder: str, definitions: JsonObject) -> list[str]:
    found = (
        file.name
        for class_type, definition in definitions.items()
        if isinstance(definition, dict)
        for file in offered(class_type, definition)
        if file.folder == folder
    )
    return sorted(set(found), key=str.lower)


def _per_scene(item: ManifestInput) -> Iterator[str]:
    if item.type is not InputType.SCENE_LIST:
        return
    said = item.per_scene
    names = [str(name) for name in said] if isinstance(said, list | tuple | dict) else []
    yield from names or _SCENE
