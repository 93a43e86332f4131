"""Nodes that make and change masks."""

from greenroom.engine.cpu.definition import Definition, Output, combo, spec

MASK_TO_IMAGE = Definition(
    "MaskToImage",
    display_name="Convert Mask to Image",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={"mask": spec("MASK")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=("convert mask",),
)

IMAGE_TO_MASK = Definition(
    "ImageToMask",
    display_name="Convert Image to Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={"image": spec("IMAGE"), "channel": combo("red", "green", "blue", "alpha")},
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "extract channel",
        "channel to mask",
    ),
)

IMAGE_COLOR_TO_MASK = Definition(
    "ImageColorToMask",
    display_name="Convert Image Color to Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "image": spec("IMAGE"),
        "color": spec("INT", default=0, min=0, max=0xFFFFFF, step=1, display="number"),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "color keying",
        "chroma key",
    ),
)

INVERT_MASK = Definition(
    "InvertMask",
    display_name="Invert Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={"mask": spec("MASK")},
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "reverse mask",
        "flip mask",
    ),
)

THRESHOLD_MASK = Definition(
    "ThresholdMask",
    display_name="Threshold Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "mask": spec("MASK"),
        "value": spec("FLOAT", default=0.5, min=0.0, max=1.0, step=0.01),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=("binary mask",),
)

CROP_MASK = Definition(
    "CropMask",
    display_name="Crop Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "mask": spec("MASK"),
        "x": spec("INT", default=0, min=0, max=16384, step=1),
        "y": spec("INT", default=0, min=0, max=16384, step=1),
        "width": spec("INT", default=512, min=1, max=16384, step=1),
        "height": spec("INT", default=512, min=1, max=16384, step=1),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "cut mask",
        "extract mask region",
        "mask slice",
    ),
)

FEATHER_MASK = Definition(
    "FeatherMask",
    display_name="Feather Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "mask": spec("MASK"),
        "left": spec("INT", default=0, min=0, max=16384, step=1),
        "top": spec("INT", default=0, min=0, max=16384, step=1),
        "right": spec("INT", default=0, min=0, max=16384, step=1),
        "bottom": spec("INT", default=0, min=0, max=16384, step=1),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "soft edge mask",
        "blur mask edges",
        "gradient mask edge",
    ),
)

GROW_MASK = Definition(
    "GrowMask",
    display_name="Grow Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "mask": spec("MASK"),
        "expand": spec("INT", default=0, min=-16384, max=16384, step=1),
        "tapered_corners": spec("BOOLEAN", advanced=True, default=True),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "expand mask",
        "shrink mask",
    ),
)

MASK_COMPOSITE = Definition(
    "MaskComposite",
    display_name="Combine Masks",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "destination": spec("MASK"),
        "source": spec("MASK"),
        "x": spec("INT", default=0, min=0, max=16384, step=1),
        "y": spec("INT", default=0, min=0, max=16384, step=1),
        "operation": combo("multiply", "add", "subtract", "and", "or", "xor"),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "combine masks",
        "blend masks",
        "layer masks",
        "masks composition",
    ),
)

DEFINITIONS = (
    MASK_TO_IMAGE,
    IMAGE_TO_MASK,
    IMAGE_COLOR_TO_MASK,
    INVERT_MASK,
    THRESHOLD_MASK,
    CROP_MASK,
    FEATHER_MASK,
    GROW_MASK,
    MASK_COMPOSITE,
)
