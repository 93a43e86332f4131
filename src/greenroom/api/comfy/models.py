"""/models, /embeddings and their kin: the model files that the fleet's loaders offer."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

_WEIGHTS = (".bin", ".ckpt", ".pkl", ".pt", ".pt2", ".pth", ".safetensors", ".sft")

_LOADERS: dict[str, tuple[tuple[str, str], ...]] = {
    "checkpoints": (("CheckpointLoaderSimple", "ckpt_name"), ("CheckpointLoader", "ckpt_name")),
    "configs": (("CheckpointLoader", "config_name"),),
    "loras": (("LoraLoader", "lora_name"), ("LoraLoaderModelOnly", "lora_name")),
    "vae": (("VAELoader", "vae_name"),),
    "text_encoders": (("CLIPLoader", "clip_name"), ("DualCLIPLoader", "clip_name1")),
    "diffusion_models": (("UNETLoader", "unet_name"),),
    "clip_vision": (("CLIPVisionLoader", "clip_name"),),
    "style_models": (("StyleModelLoader", "style_model_name"),),
    "embeddings": (),
    "diffusers": (("DiffusersLoader", "model_path"),),
    "vae_approx": (),
    "controlnet": (("ControlNetLoader", "control_net_name"),),
    "gligen": (("GLIGENLoader", "gligen_name"),),
    "upscale_models": (("UpscaleModelLoader", "model_name"),),
    "latent_upscale_models": (("LatentUpscaleModelLoader", "model_name"),),
    "custom_nodes": (),
    "datasets": (("LoadTrainingDataset", "folder_name"),),
    "hypernetworks": (("HypernetworkLoader", "hypernetwork_name"),),
    "photomaker": (("PhotoMakerLoader", "photomaker_model_name"),),
    "classifiers": (),
    "model_patches": (("ModelPatchLoader", "name"),),
    "audio_encoders": (("AudioEncoderLoader", "audio_encoder_name"),),
    "background_removal": (("LoadBackgroundRemovalModel", "bg_removal_name"),),
    "frame_interpolation": (("FrameInterpolationModelLoader", "model_name"),),
    "geometry_estimation": (("LoadDA3Model", "model_name"), ("LoadMoGeModel", "model_name")),
    "optical_flow": (("OpticalFlowLoader", "model_name"),),
    "detection": (("LoadMediaPipeFaceLandmarker", "model_name"),),
}
"""Folder -> the inputs (class, name) whose options are the files in it."""

FOLDERS = tuple(_LOADERS)

_NOT_FILES = frozenset({"pixel_space"})
"""Options that stand beside the files."""

_NOT_SHOWN = frozenset({"configs", "custom_nodes"})
"""Folders that the richer listing leaves out."""


async def folders(call: Call) -> web.StreamResponse:
    return json_response(list(await _folders(call)))


async def files(call: Call) -> web.StreamResponse:
    names = await call.services.listings.model_names(call.part("folder"))
    return json_response(_offered(call) if names is None else names)


async def embeddings(call: Call) -> web.StreamResponse:
    machines = await call.services.workers.machines()
    names = {name for machine in machines.values() for name in machine.embeddings}
    return json_response(sorted(names))


async def rich_folders(call: Call) -> web.StreamResponse:
    """The folders with made-up paths: where a worker keeps its models is its own affair."""
    return json_response(
        [
            {
                "name": name,
                "folders": [f"models/{name}"],
                "extensions": known.get("extensions", _WEIGHTS),
            }
            for name, known in (await _folders(call)).items()
            if name not in _NOT_SHOWN
        ]
    )


async def rich_files(call: Call) -> web.StreamResponse:
    """Every file as if it lay in the one path that the folder is said to have."""
    found = await call.services.listings.model_files(call.part("folder"))
    files = ({"name": name} for name in _offered(call)) if found is None else found.values()
    return json_response([{**file, "pathIndex": 0} for file in files])


async def metadata(call: Call) -> web.StreamResponse:
    """What the header of a model says, as a worker that has the file reads it."""
    file = call.request.query.get("filename", "")
    found = await call.services.listings.metadata(call.part("folder"), file)
    if found is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such file with metadata.")
    return json_response(found)


def files_of(folder: str, definitions: JsonObject) -> list[str]:
    """The files of a folder, of all workers together, in the order of the loaders' options."""
    found: dict[str, None] = {}
    for class_name, input_name in _LOADERS[folder]:
        for option in _options(definitions.get(class_name), input_name):
            if isinstance(option, str) and option not in _NOT_FILES:
                found[option] = None
    return list(found)


async def _folders(call: Call) -> dict[str, JsonObject]:
    """ComfyUI's own folders, then those that a worker has besides."""
    usual: dict[str, JsonObject] = {name: {"extensions": _WEIGHTS} for name in FOLDERS}
    return usual | await call.services.listings.model_folders()


def _offered(call: Call) -> list[str]:
    """What the loaders of all workers offer, where no worker lists the folder itself."""
    folder = call.part("folder")
    if folder not in _LOADERS:
        raise AppError(ErrorCode.NOT_FOUND, f"There is no model folder {folder!r}.")
    return files_of(folder, call.services.nodes.definitions())


def _options(definition: JsonValue, input_name: str) -> list[Any]:
    if not isinstance(definition, Mapping):
        return []
    sections = definition.get("input")
    for specs in sections.values() if isinstance(sections, Mapping) else ():
        spec = specs.get(input_name) if isinstance(specs, Mapping) else None
        if not isinstance(spec, list) or not spec:
            continue
        if isinstance(spec[0], list):
            return spec[0]
        settings = spec[1] if len(spec) > 1 else None
        options = settings.get("options") if isinstance(settings, Mapping) else None
        return options if isinstance(options, list) else []
    return []
