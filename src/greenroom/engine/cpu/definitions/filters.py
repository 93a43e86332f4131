"""Nodes that change the colours of pictures in place."""

from greenroom.engine.cpu.definition import Definition, Output, bare, combo, spec

IMAGE_INVERT = Definition(
    "ImageInvert",
    display_name="Invert Image Colors",
    category="image/color",
    module="nodes",
    required={"image": bare("IMAGE")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=("reverse colors",),
    essentials="Image Tools",
    classic=True,
)

IMAGE_BLEND = Definition(
    "ImageBlend",
    display_name="Blend Images",
    category="image/filters",
    module="comfy_extras.nodes_post_processing",
    required={
        "image1": spec("IMAGE"),
        "image2": spec("IMAGE"),
        "blend_factor": spec("FLOAT", default=0.5, min=0.0, max=1.0, step=0.01),
        "blend_mode": combo("normal", "multiply", "screen", "overlay", "soft_light", "difference"),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=("mix images",),
    essentials="Image Tools",
)

IMAGE_BLUR = Definition(
    "ImageBlur",
    display_name="Blur Image",
    category="image/filters",
    module="comfy_extras.nodes_post_processing",
    required={
        "image": spec("IMAGE"),
        "blur_radius": spec("INT", default=1, min=1, max=31, step=1),
        "sigma": spec("FLOAT", default=1.0, min=0.1, max=10.0, step=0.1),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
)

IMAGE_SHARPEN = Definition(
    "ImageSharpen",
    display_name="Sharpen Image",
    category="image/filters",
    module="comfy_extras.nodes_post_processing",
    required={
        "image": spec("IMAGE"),
        "sharpen_radius": spec("INT", advanced=True, default=1, min=1, max=31, step=1),
        "sigma": spec("FLOAT", advanced=True, default=1.0, min=0.1, max=10.0, step=0.01),
        "alpha": spec("FLOAT", advanced=True, default=1.0, min=0.0, max=5.0, step=0.01),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
)

IMAGE_QUANTIZE = Definition(
    "ImageQuantize",
    display_name="Quantize Image",
    category="image/filters",
    module="comfy_extras.nodes_post_processing",
    required={
        "image": spec("IMAGE"),
        "colors": spec("INT", default=256, min=1, max=256, step=1),
        "dither": combo("none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16"),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
)

IMAGE_RGB_TO_YUV = Definition(
    "ImageRGBToYUV",
    display_name="Image RGB to YUV",
    category="image/color",
    module="comfy_extras.nodes_morphology",
    required={"image": spec("IMAGE")},
    outputs=(
        Output("IMAGE", "Y"),
        Output("IMAGE", "U"),
        Output("IMAGE", "V"),
    ),
    aliases=("color space conversion",),
)

IMAGE_YUV_TO_RGB = Definition(
    "ImageYUVToRGB",
    display_name="Image YUV to RGB",
    category="image/color",
    module="comfy_extras.nodes_morphology",
    required={"Y": spec("IMAGE"), "U": spec("IMAGE"), "V": spec("IMAGE")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=("color space conversion",),
)

DEFINITIONS = (
    IMAGE_INVERT,
    IMAGE_BLEND,
    IMAGE_BLUR,
    IMAGE_SHARPEN,
    IMAGE_QUANTIZE,
    IMAGE_RGB_TO_YUV,
    IMAGE_YUV_TO_RGB,
)
