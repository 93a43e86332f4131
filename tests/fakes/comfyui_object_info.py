"""What the fake ComfyUI says of its node classes in /object_info."""

from tests.fakes.comfyui_nodes import OUTPUT_CLASSES

_INT = ["INT", {"default": 1, "min": 0, "max": 16384}]
_FLOAT = ["FLOAT", {"default": 0.0, "min": 0.0, "max": 100000.0}]
_STRING = ["STRING", {"default": ""}]
_BOOLEAN = ["BOOLEAN", {"default": False}]
_ANY = ["*", {}]

_NODES = {
    "EmptyImage": (dict.fromkeys(("width", "height"), _INT), {"batch_size": _INT, "color": _INT}),
    "ImageBlur": ({"image": ["IMAGE"]}, {"blur_radius": _INT, "sigma": _FLOAT}),
    "SaveImage": ({"images": ["IMAGE"]}, {"filename_prefix": _STRING}),
    "PreviewImage": ({"images": ["IMAGE"]}, {}),
    "PreviewAny": ({"source": _ANY}, {}),
    "PrimitiveString": ({"value": _STRING}, {}),
    "Hold": ({"gate": _STRING}, {"value": _ANY, "stubborn": _BOOLEAN}),
    "Steps": ({"steps": _INT}, {"preview": _BOOLEAN, "value": _ANY}),
    "Sleep": ({"seconds": _FLOAT}, {"value": _ANY}),
    "Fail": ({}, {"type": _STRING, "message": _STRING, "value": _ANY}),
    "Die": ({}, {"value": _ANY}),
    "Block": ({}, {"message": _STRING}),
    "CLIPTextEncode": ({"text": _STRING}, {"clip": _ANY}),
    "KSampler": ({"seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1}]}, {"positive": _ANY}),
    "PartnerText": ({"prompt": _STRING}, {}),
    "Emit": ({}, {"ui": _ANY, "files": _ANY, "text": _STRING}),
}
_OUTPUTS = {"EmptyImage": "IMAGE", "ImageBlur": "IMAGE", "LoadImage": "IMAGE",
            "PrimitiveString": "STRING"}  # fmt: skip


def object_info(input_files):
    load = {"image": [sorted(input_files), {"image_upload": True}]}
    nodes = {**_NODES, "LoadImage": (load, {})}
    return {name: _definition(name, *inputs) for name, inputs in nodes.items()}


def _definition(name, required, optional):
    shown = name in OUTPUT_CLASSES
    outputs = [] if shown else [_OUTPUTS.get(name, "*")]
    return {
        "input": {"required": required, "optional": optional},
        "input_order": {"required": list(required), "optional": list(optional)},
        "is_input_list": False,
        "output": outputs,
        "output_is_list": [False] * len(outputs),
        "output_name": outputs,
        "name": name,
        "display_name": name,
        "description": "",
        "python_module": "nodes",
        "category": "fake",
        "output_node": shown,
    }
