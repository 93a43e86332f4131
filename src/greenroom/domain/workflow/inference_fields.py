"""A parameter that was found -> a field of a form: label, type, range, options and default."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.inference_graph import SeenGraph, SeenNode
from greenroom.domain.workflow.inference_roles import Found, Role
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.manifest import InputType, ManifestInput, Option
from greenroom.domain.workflow.model_folders import model_folder
from greenroom.domain.workflow.seeds import BIGGEST_SEED

_MOST_OPTIONS = 1000
_LABELS = {
    Role.PROMPT: "Prompt",
    Role.NEGATIVE_PROMPT: "Negative prompt",
    Role.IMAGE: "Image",
    Role.MASK: "Mask",
    Role.VIDEO: "Video",
    Role.AUDIO: "Audio",
    Role.SEED: "Seed",
    Role.LORA: "LoRA",
    Role.PREFIX: "File name",
}
_PLAIN_TEXT_NAMES = frozenset({"prompt", "text", "value", "negative_prompt", "string"})
_FOLDERS = {
    "checkpoints": "Checkpoint",
    "clip_vision": "Vision model",
    "controlnet": "ControlNet",
    "diffusion_models": "Model",
    "latent_upscale_models": "Latent upscale model",
    "loras": "LoRA",
    "model_patches": "Model patch",
    "text_encoders": "Text encoder",
    "vae": "VAE",
}
_WORDS = {
    "cfg": "CFG",
    "n": "Count",
    "fps": "Frames per second",
    "frame_rate": "Frames per second",
    "sampler_name": "Sampler",
    "strength_clip": "LoRA strength on the text encoder",
    "strength_model": "LoRA strength",
}
_FILE_TYPES = {
    Role.IMAGE: InputType.IMAGE,
    Role.MASK: InputType.MASK,
    Role.VIDEO: InputType.VIDEO,
    Role.AUDIO: InputType.AUDIO,
    Role.FILE: InputType.FILE,
}
_PLAIN_TYPES = {
    "INT": InputType.INT,
    "FLOAT": InputType.FLOAT,
    "BOOLEAN": InputType.BOOLEAN,
    "STRING": InputType.TEXT,
}
_CROWDED = frozenset({Role.NEGATIVE_PROMPT, Role.SEED, Role.STEPS, Role.CFG})
_MOST_AT_FIRST = 3
"""With more of them than this, they are folded away."""
_FOLDED = frozenset(
    {Role.SAMPLER, Role.SCHEDULER, Role.DENOISE, Role.BATCH, Role.MODEL, Role.PREFIX}
)


def form_fields(found: Sequence[Found], graph: SeenGraph) -> Iterator[ManifestInput]:
    """One field for each parameter, labels and ids unique."""
    labels = [_label(item, graph) for item in found]
    roles = Counter(item.role for item in found)
    repeated = {label for label, count in Counter(labels).items() if count > 1}
    used: Counter[str] = Counter()
    ids: Counter[str] = Counter()
    for item, label in zip(found, labels, strict=True):
        seen = graph[item.place.node_id]
        said = label
        if label in repeated:
            used[label] += 1
            said = f"{label} {used[label]}"
        name = _identifier(label)
        ids[name] += 1
        made = _field(item, seen, f"{name}_{ids[name]}" if ids[name] > 1 else name, said)
        crowded = item.role in _CROWDED and roles[item.role] > _MOST_AT_FIRST
        yield replace(made, advanced=True) if crowded else made


def _field(item: Found, seen: SeenNode, name: str, label: str) -> ManifestInput:
    place = item.place
    kind = _type(item.role, seen, seen.specs[place.input_name], item.spec)
    value = seen.literal(place.input_name)
    ranged = kind in {InputType.INT, InputType.FLOAT}
    tooltip = item.spec.options.get("tooltip")
    return ManifestInput(
        id=name,
        label=label,
        type=kind,
        default=-1 if kind is InputType.SEED else value,
        tooltip=tooltip if isinstance(tooltip, str) else "",
        advanced=item.role in _FOLDED or item.spec.options.get("advanced") is True,
        node_id=place.node_id,
        input_name=place.input_name,
        min=_number(item.spec, "min") if ranged else None,
        max=_number(item.spec, "max") if ranged else None,
        step=_number(item.spec, "step") if ranged else None,
        multiline=kind is InputType.TEXT and item.role in _LONG_TEXTS,
        options=_options(seen, seen.specs[place.input_name], value) if kind in _LISTED else (),
    )


_LONG_TEXTS = frozenset({Role.PROMPT, Role.NEGATIVE_PROMPT, Role.TEXT})
_LISTED = frozenset({InputType.SELECT, InputType.CHECKPOINT_PICKER, InputType.VAE_PICKER})


def _type(role: Role, seen: SeenNode, spec: InputSpec, wanted: InputSpec) -> InputType:
    if role in _FILE_TYPES:
        return _FILE_TYPES[role]
    if role is Role.SEED:
        return InputType.SEED
    folder = model_folder(seen.cls.name, spec.name)
    if folder == "checkpoints" and spec.choices is not None:
        return InputType.CHECKPOINT_PICKER
    if folder == "vae" and spec.choices is not None:
        return InputType.VAE_PICKER
    if spec.type == "FLOAT" and wanted.type == "INT":
        return InputType.INT
    return _PLAIN_TYPES.get(spec.type, InputType.SELECT)


def _label(item: Found, graph: SeenGraph) -> str:
    if item.title is not None:
        return item.title[:80]
    seen = graph[item.place.node_id]
    name = item.spec.name.rsplit(".", 1)[-1]
    if item.role in _LABELS and (item.role not in _LONG_TEXTS or name in _PLAIN_TEXT_NAMES):
        return _LABELS[item.role]
    folder = model_folder(seen.cls.name, item.spec.name)
    if folder is not None and item.spec.choices is not None:
        return _FOLDERS.get(folder) or _sentence(folder.removesuffix("s"))
    shown = item.spec.options.get("display_name")
    if isinstance(shown, str) and shown and shown != name:
        return shown
    if name == seen.constant:
        return seen.cls.display_name
    stem = name.rstrip("0123456789").rstrip("_") or name
    return _sentence(_WORDS.get(name) or _WORDS.get(stem) or name)


def _sentence(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _identifier(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40] or "value"


def _options(seen: SeenNode, spec: InputSpec, value: JsonValue) -> tuple[Option, ...]:
    choices = list(spec.choices or ())[:_MOST_OPTIONS]
    if seen.cls.name == "CustomCombo":
        written = (seen.literal(f"option{number}") for number in range(1, 100))
        choices = [choice for choice in written if choice not in {None, ""}]
    if value is not None and value not in choices:
        choices.insert(0, value)
    return tuple(Option(str(choice), choice) for choice in choices)


def _number(spec: InputSpec, name: str) -> float | None:
    value = spec.options.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= BIGGEST_SEED else None
