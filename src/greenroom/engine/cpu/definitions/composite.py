"""Nodes that lay pictures over each other."""

from greenroom.engine.cpu.definition import Definition, Output, combo, spec

IMAGE_COMPOSITE_MASKED = Definition(
    "ImageCompositeMasked",
    display_name="Image Composite Masked",
    category="image/compositing",
    module="comfy_extras.nodes_mask",
    required={
        "destination": spec("IMAGE"),
        "source": spec("IMAGE"),
        "x": spec("INT", default=0, min=0, max=16384, step=1),
        "y": spec("INT", default=0, min=0, max=16384, step=1),
        "resize_source": spec("BOOLEAN", default=False),
    },
    optional={"mask": spec("MASK")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "overlay",
        "layer",
        "paste image",
        "images composition",
    ),
)

JOIN_IMAGE_WITH_ALPHA = Definition(
    "JoinImageWithAlpha",
    display_name="Join Image with Alpha",
    category="image/compositing",
    module="comfy_extras.nodes_compositing",
    required={"image": spec("IMAGE"), "alpha": spec("MASK")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "add transparency",
        "apply alpha",
        "composite alpha",
        "RGBA",
    ),
)

SPLIT_IMAGE_WITH_ALPHA = Definition(
    "SplitImageWithAlpha",
    display_name="Split Image with Alpha",
    category="image/compositing",
    module="comfy_extras.nodes_compositing",
    required={"image": spec("IMAGE")},
    outputs=(
        Output("IMAGE", "IMAGE"),
        Output("MASK", "MASK"),
    ),
    aliases=(
        "extract alpha",
        "separate transparency",
        "remove alpha",
    ),
)

PORTER_DUFF_IMAGE_COMPOSITE = Definition(
    "PorterDuffImageComposite",
    display_name="Porter-Duff Image Composite",
    category="image/compositing",
    module="comfy_extras.nodes_compositing",
    required={
        "source": spec("IMAGE"),
        "source_alpha": spec("MASK"),
        "destination": spec("IMAGE"),
        "destination_alpha": spec("MASK"),
        "mode": combo(
            "ADD",
            "CLEAR",
            "DARKEN",
            "DST",
            "DST_ATOP",
            "DST_IN",
            "DST_OUT",
            "DST_OVER",
            "LIGHTEN",
            "MULTIPLY",
            "OVERLAY",
            "SCREEN",
            "SRC",
            "SRC_ATOP",
            "SRC_IN",
            "SRC_OUT",
            "SRC_OVER",
            "XOR",
            default="DST",
        ),
    },
    outputs=(
        Output("IMAGE", "IMAGE"),
        Output("MASK", "MASK"),
    ),
    aliases=(
        "alpha composite",
        "blend modes",
        "layer blend",
        "transparency blend",
    ),
)

DEFINITIONS = (
    IMAGE_COMPOSITE_MASKED,
    JOIN_IMAGE_WITH_ALPHA,
    SPLIT_IMAGE_WITH_ALPHA,
    PORTER_DUFF_IMAGE_COMPOSITE,
)
