"""Which model folder an input chooses from."""

from collections.abc import Mapping

_BY_CLASS: Mapping[tuple[str, str], str] = {
    ("CLIPVisionLoader", "clip_name"): "clip_vision",
    ("DiffusersLoader", "model_path"): "diffusers",
    ("FrameInterpolationModelLoader", "model_name"): "frame_interpolation",
    ("LatentUpscaleModelLoader", "model_name"): "latent_upscale_models",
    ("LoadDA3Model", "model_name"): "geometry_estimation",
    ("LoadMediaPipeFaceLandmarker", "model_name"): "detection",
    ("LoadMoGeModel", "model_name"): "geometry_estimation",
    ("LTXAVTextEncoderLoader", "text_encoder"): "text_encoders",
    ("ModelPatchLoader", "name"): "model_patches",
    ("OpticalFlowLoader", "model_name"): "optical_flow",
    ("UpscaleModelLoader", "model_name"): "upscale_models",
}
_BY_INPUT: Mapping[str, str] = {
    "audio_encoder_name": "audio_encoders",
    "bg_removal_name": "background_removal",
    "ckpt_name": "checkpoints",
    "clip_name": "text_encoders",
    "clip_vision_name": "clip_vision",
    "config_name": "configs",
    "control_net_name": "controlnet",
    "embedding_name": "embeddings",
    "gligen_name": "gligen",
    "hypernetwork_name": "hypernetworks",
    "lora_name": "loras",
    "photomaker_model_name": "photomaker",
    "style_model_name": "style_models",
    "t2i_adapter_name": "controlnet",
    "unet_name": "diffusion_models",
    "upscale_model_name": "upscale_models",
    "vae_name": "vae",
}


def model_folder(class_type: str, input_name: str) -> str | None:
    """The folder under `models/`, or None when the input chooses no model that is known of.

    Numbered inputs (`clip_name2`) and nested ones (`a.lora_name`) count as the plain one.
    """
    name = input_name.rsplit(".", 1)[-1]
    known = _BY_CLASS.get((class_type, name))
    return known or _BY_INPUT.get(name) or _BY_INPUT.get(name.rstrip("0123456789").rstrip("_"))
