"""Nodes that save and show pictures."""

from greenroom.engine.cpu.definition import Definition, Output, bare, combo, dynamic, option, spec

SAVE_IMAGE = Definition(
    "SaveImage",
    display_name="Save Image",
    category="image",
    module="nodes",
    required={
        "images": spec("IMAGE", tooltip="The images to save."),
        "filename_prefix": spec(
            "STRING",
            default="ComfyUI",
            tooltip=(
                "The prefix for the file to save. This may include formatting "
                "information such as %date:yyyy-MM-dd% or %Empty Latent "
                "Image.width% to include values from nodes."
            ),
        ),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("IMAGE", "images"),),
    aliases=(
        "save",
        "save image",
        "export image",
        "output image",
        "write image",
        "download",
    ),
    essentials="Basics",
    description="Saves the input images to your ComfyUI output directory.",
    classic=True,
    output_node=True,
)

PREVIEW_IMAGE = Definition(
    "PreviewImage",
    display_name="Preview Image",
    category="image",
    module="nodes",
    required={"images": bare("IMAGE")},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("IMAGE", "images"),),
    aliases=(
        "preview",
        "preview image",
        "show image",
        "view image",
        "display image",
        "image viewer",
    ),
    essentials="Basics",
    description=("Preview the images without saving them to the ComfyUI output directory."),
    classic=True,
    output_node=True,
)

SAVE_IMAGE_WEBSOCKET = Definition(
    "SaveImageWebsocket",
    display_name="Save Image (Websocket)",
    category="image",
    module="custom_nodes.websocket_image_save",
    required={"images": bare("IMAGE")},
    aliases=(),
    classic=True,
    output_node=True,
)

SAVE_IMAGE_ADVANCED = Definition(
    "SaveImageAdvanced",
    display_name="Save Image (Advanced)",
    category="image",
    module="comfy_extras.nodes_images",
    required={
        "images": spec("IMAGE", tooltip="The images to save."),
        "filename_prefix": spec(
            "STRING",
            tooltip=(
                "The prefix for the file to save. May include formatting tokens "
                "such as %date:yyyy-MM-dd% or %Empty Latent Image.width%."
            ),
            default="ComfyUI",
            multiline=False,
        ),
        "format": dynamic(
            option(
                "png",
                required={
                    "bit_depth": combo("8-bit", "16-bit", advanced=True, default="8-bit"),
                    "input_color_space": combo("sRGB", advanced=True, default="sRGB"),
                },
            ),
            option(
                "exr",
                required={
                    "bit_depth": combo("32-bit float", advanced=True, default="32-bit float"),
                    "input_color_space": combo(
                        "sRGB",
                        "HDR",
                        "linear",
                        tooltip=(
                            "Colorspace of the input tensor. The EXR is always written as "
                            "scene-linear in the matching gamut.\nsRGB — input is "
                            "sRGB-encoded Rec.709; the inverse sRGB EOTF is applied.\nHDR — "
                            "input is HLG-encoded Rec.2020 (BT.2100); the inverse HLG OETF "
                            "is applied to get scene-linear light.\nlinear — input is already "
                            "scene-linear (Rec.709 primaries); written through unchanged. "
                            "Use this for renderer/compositor output."
                        ),
                        advanced=True,
                        default="sRGB",
                    ),
                },
            ),
            tooltip="The file format in which to save the image.",
        ),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("IMAGE", "images"),),
    aliases=(
        "save",
        "save image",
        "export image",
        "output image",
        "write image",
    ),
    essentials="Basics",
    description="Saves the input images to your ComfyUI output directory.",
    output_node=True,
)

SAVE_ANIMATED_PNG = Definition(
    "SaveAnimatedPNG",
    display_name="Save Animated PNG",
    category="image",
    module="comfy_extras.nodes_images",
    required={
        "images": spec("IMAGE"),
        "filename_prefix": spec("STRING", default="ComfyUI", multiline=False),
        "fps": spec("FLOAT", default=6.0, min=0.01, max=1000.0, step=0.01),
        "compress_level": spec("INT", advanced=True, default=4, min=0, max=9),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("IMAGE", "images"),),
    output_node=True,
)

SAVE_ANIMATED_WEBP = Definition(
    "SaveAnimatedWEBP",
    display_name="Save Animated WEBP",
    category="image",
    module="comfy_extras.nodes_images",
    required={
        "images": spec("IMAGE"),
        "filename_prefix": spec("STRING", default="ComfyUI", multiline=False),
        "fps": spec("FLOAT", default=6.0, min=0.01, max=1000.0, step=0.01),
        "lossless": spec("BOOLEAN", default=True),
        "quality": spec("INT", default=80, min=0, max=100),
        "method": combo("default", "fastest", "slowest"),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("IMAGE", "images"),),
    output_node=True,
)

MASK_PREVIEW = Definition(
    "MaskPreview",
    display_name="Preview Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={"mask": spec("MASK")},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("MASK", "mask"),),
    aliases=(
        "show mask",
        "view mask",
        "inspect mask",
        "debug mask",
    ),
    description=("Preview the masks without saving them to the ComfyUI output directory."),
    output_node=True,
)

IMAGE_COMPARE = Definition(
    "ImageCompare",
    display_name="Compare Images",
    category="image",
    module="comfy_extras.nodes_image_compare",
    required={"compare_view": spec("IMAGECOMPARE", socketless=True)},
    optional={"image_a": spec("IMAGE"), "image_b": spec("IMAGE")},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    essentials="Image Tools",
    description="Compares two images side by side with a slider.",
    output_node=True,
    experimental=True,
)

DEFINITIONS = (
    SAVE_IMAGE,
    PREVIEW_IMAGE,
    SAVE_IMAGE_WEBSOCKET,
    SAVE_IMAGE_ADVANCED,
    SAVE_ANIMATED_PNG,
    SAVE_ANIMATED_WEBP,
    MASK_PREVIEW,
    IMAGE_COMPARE,
)
