"""Which inputs of a graph name model files, and the folder each kind of file lies in."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from greenroom.domain.json import JsonObject, JsonValue


class ModelFile(NamedTuple):
    """A model file as a graph names it. `folder` is ComfyUI's word: checkpoints, ..."""

    folder: str
    name: str


SUFFIXES = (
    ".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".gguf", ".onnx", ".pkl",
    ".engine", ".nemo",
)  # fmt: skip

_BY_INPUT: Mapping[str, str] = {
    "audio_encoder_name": "audio_encoders",
    "bg_removal_name": "background_removal",
    "ckpt_name": "checkpoints",
    "clip_name": "text_encoders",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "clip_name3": "text_encoders",
    "clip_name4": "text_encoders",
    "control_net_name": "controlnet",
    "gligen_name": "gligen",
    "hypernetwork_name": "hypernetworks",
    "lora_name": "loras",
    "photomaker_model_name": "photomaker",
    "style_model_name": "style_models",
    "text_encoder": "text_encoders",
    "unet_name": "diffusion_models",
    "vae_name": "vae",
}
_BY_CLASS: Mapping[tuple[str, str], str] = {
    ("CLIPVisionLoader", "clip_name"): "clip_vision",
    ("LatentUpscaleModelLoader", "model_name"): "latent_upscale_models",
    ("ModelPatchLoader", "name"): "model_patches",
    ("UpscaleModelLoader", "model_name"): "upscale_models",
}


def folder_of(class_type: str, input_name: str) -> str:
    """The folder that an input takes its file from; the input's own name where nobody knows."""
    last = input_name.rsplit(".", 1)[-1]
    return _BY_CLASS.get((class_type, last)) or _BY_INPUT.get(last, last)


def is_model_name(value: JsonValue) -> bool:
    return isinstance(value, str) and value.lower().endswith(SUFFIXES)


def is_known_input(input_name: str) -> bool:
    """Whether an input of that name takes a model file in every class that has it."""
    return input_name.rsplit(".", 1)[-1] in _BY_INPUT


def offered(class_type: str, definition: JsonObject) -> Iterator[ModelFile]:
    """The model files that one class of /object_info offers to choose from."""
    for input_name, choices in _combos(definition.get("input")):
        for choice in choices:
            if is_model_name(choice):
                yield ModelFile(folder_of(class_type, input_name), str(choice))


def _combos(sections: JsonValue) -> Iterator[tuple[str, list[JsonValue]]]:
    if not isinstance(sections, Mapping):
        return
    for section in ("required", "optional"):
        declared = sections.get(section)
        if not isinstance(declared, Mapping):
            continue
        for input_name, body in declared.items():
            if isinstance(body, list) and body:
                yield from _choices(input_name, body)


def _choices(input_name: str, body: list[JsonValue]) -> Iterator[tuple[str, list[JsonValue]]]:
    """The choices of a combo, and those of the combos that a dynamic one brings."""
    kind, options = body[0], body[1] if len(body) > 1 else None
    if isinstance(kind, list):
        yield input_name, kind
    elif isinstance(options, Mapping) and isinstance(choices := options.get("options"), list):
        yield input_name, choices
        for choice in choices:
            if isinstance(choice, Mapping):
                yield from _combos(choice.get("inputs"))
