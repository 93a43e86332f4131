"""Nodes that resample pictures."""

from greenroom.engine.cpu.definition import Definition, Output, bare, combo, dynamic, option, spec

IMAGE_SCALE = Definition(
    "ImageScale",
    display_name="Upscale Image",
    category="image/upscaling",
    module="nodes",
    required={
        "image": bare("IMAGE"),
        "upscale_method": bare(["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]),
        "width": spec("INT", default=512, min=0, max=16384, step=1),
        "height": spec("INT", default=512, min=0, max=16384, step=1),
        "crop": bare(["disabled", "center"]),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "resize",
        "resize image",
        "scale image",
        "image resize",
        "zoom",
        "zoom in",
        "change size",
    ),
    essentials="Image Tools",
    classic=True,
)

IMAGE_SCALE_BY = Definition(
    "ImageScaleBy",
    display_name="Upscale Image By",
    category="image/upscaling",
    module="nodes",
    required={
        "image": bare("IMAGE"),
        "upscale_method": bare(["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]),
        "scale_by": spec("FLOAT", default=1.0, min=0.01, max=8.0, step=0.01),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(),
    essentials="Image Tools",
    classic=True,
)

IMAGE_SCALE_TO_TOTAL_PIXELS = Definition(
    "ImageScaleToTotalPixels",
    display_name="Scale Image to Total Pixels",
    category="image/upscaling",
    module="comfy_extras.nodes_post_processing",
    required={
        "image": spec("IMAGE"),
        "upscale_method": combo("nearest-exact", "bilinear", "area", "bicubic", "lanczos"),
        "megapixels": spec("FLOAT", default=1.0, min=0.01, max=16.0, step=0.01),
        "resolution_steps": spec("INT", advanced=True, default=1, min=1, max=256),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
)

IMAGE_SCALE_TO_MAX_DIMENSION = Definition(
    "ImageScaleToMaxDimension",
    display_name="Scale Image to Max Dimension",
    category="image/upscaling",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "upscale_method": combo(
            "area", "lanczos", "bilinear", "nearest-exact", "bilinear", "bicubic"
        ),
        "largest_size": spec("INT", default=512, min=0, max=16384, step=1),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
)

RESIZE_AND_PAD_IMAGE = Definition(
    "ResizeAndPadImage",
    display_name="Resize And Pad Image",
    category="image/transform",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "target_width": spec("INT", default=512, min=1, max=16384, step=1),
        "target_height": spec("INT", default=512, min=1, max=16384, step=1),
        "padding_color": combo("white", "black", advanced=True),
        "interpolation": combo(
            "area", "bicubic", "nearest-exact", "bilinear", "lanczos", advanced=True
        ),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=("fit to size",),
)

RESIZE_IMAGE_MASK_NODE = Definition(
    "ResizeImageMaskNode",
    display_name="Resize Image/Mask",
    category="image/transform",
    module="comfy_extras.nodes_post_processing",
    required={
        "input": spec(
            "COMFY_MATCHTYPE_V3",
            template={"template_id": "input_type", "allowed_types": "IMAGE,MASK"},
        ),
        "resize_type": dynamic(
            option(
                "scale dimensions",
                required={
                    "width": spec(
                        "INT",
                        tooltip=(
                            "Target width in pixels. Set to 0 to auto-calculate from height "
                            "while preserving aspect ratio."
                        ),
                        default=512,
                        min=0,
                        max=16384,
                        step=1,
                    ),
                    "height": spec(
                        "INT",
                        tooltip=(
                            "Target height in pixels. Set to 0 to auto-calculate from width "
                            "while preserving aspect ratio."
                        ),
                        default=512,
                        min=0,
                        max=16384,
                        step=1,
                    ),
                    "crop": combo(
                        "disabled",
                        "center",
                        tooltip=(
                            "How to handle aspect ratio mismatch: 'disabled' stretches to "
                            "fit, 'center' crops to maintain aspect ratio."
                        ),
                        default="center",
                    ),
                },
            ),
            option(
                "scale by multiplier",
                required={
                    "multiplier": spec(
                        "FLOAT",
                        tooltip="Scale factor (e.g., 2.0 doubles size, 0.5 halves size).",
                        default=1.0,
                        min=0.01,
                        max=8.0,
                        step=0.01,
                    )
                },
            ),
            option(
                "scale longer dimension",
                required={
                    "longer_size": spec(
                        "INT",
                        tooltip=(
                            "The longer edge will be resized to this value. Aspect ratio is "
                            "preserved."
                        ),
                        default=512,
                        min=0,
                        max=16384,
                        step=1,
                    )
                },
            ),
            option(
                "scale shorter dimension",
                required={
                    "shorter_size": spec(
                        "INT",
                        tooltip=(
                            "The shorter edge will be resized to this value. Aspect ratio is "
                            "preserved."
                        ),
                        default=512,
                        min=0,
                        max=16384,
                        step=1,
                    )
                },
            ),
            option(
                "scale width",
                required={
                    "width": spec(
                        "INT",
                        tooltip=(
                            "Target width in pixels. Height auto-adjusts to preserve aspect ratio."
                        ),
                        default=512,
                        min=0,
                        max=16384,
                        step=1,
                    )
                },
            ),
            option(
                "scale height",
                required={
                    "height": spec(
                        "INT",
                        tooltip=(
                            "Target height in pixels. Width auto-adjusts to preserve aspect ratio."
                        ),
                        default=512,
                        min=0,
                        max=16384,
                        step=1,
                    )
                },
            ),
            option(
                "scale total pixels",
                required={
                    "megapixels": spec(
                        "FLOAT",
                        tooltip=(
                            "Target total megapixels (e.g., 1.0 ≈ 1024×1024). Aspect ratio "  # noqa: RUF001 - the wire has the sign
                            "is preserved."
                        ),
                        default=1.0,
                        min=0.01,
                        max=16.0,
                        step=0.01,
                    )
                },
            ),
            option(
                "match size",
                required={
                    "match": spec(
                        "IMAGE,MASK",
                        tooltip=(
                            "Resize input to match the dimensions of this reference image or mask."
                        ),
                    ),
                    "crop": combo(
                        "disabled",
                        "center",
                        tooltip=(
                            "How to handle aspect ratio mismatch: 'disabled' stretches to "
                            "fit, 'center' crops to maintain aspect ratio."
                        ),
                        default="center",
                    ),
                },
            ),
            option(
                "scale to multiple",
                required={
                    "multiple": spec(
                        "INT",
                        tooltip=(
                            "Resize so width and height are divisible by this number. Useful "
                            "for latent alignment (e.g., 8 or 64)."
                        ),
                        default=8,
                        min=1,
                        max=16384,
                        step=1,
                    )
                },
            ),
            tooltip=(
                "Select how to resize: by exact dimensions, scale factor, "
                "matching another image, etc."
            ),
        ),
        "scale_method": combo(
            "nearest-exact",
            "bilinear",
            "area",
            "bicubic",
            "lanczos",
            tooltip=(
                "Interpolation algorithm. 'area' is best for downscaling, "
                "'lanczos' for upscaling, 'nearest-exact' for pixel art."
            ),
            default="area",
        ),
    },
    outputs=(Output("COMFY_MATCHTYPE_V3", "resized"),),
    aliases=(
        "resize",
        "resize image",
        "resize mask",
        "scale",
        "scale image",
        "scale mask",
        "image resize",
        "change size",
        "dimensions",
        "shrink",
        "enlarge",
    ),
    description="Resize an image or mask using various scaling methods.",
    matchtypes=("input_type",),
)

DEFINITIONS = (
    IMAGE_SCALE,
    IMAGE_SCALE_BY,
    IMAGE_SCALE_TO_TOTAL_PIXELS,
    IMAGE_SCALE_TO_MAX_DIMENSION,
    RESIZE_AND_PAD_IMAGE,
    RESIZE_IMAGE_MASK_NODE,
)
