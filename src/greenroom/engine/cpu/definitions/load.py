"""Nodes that read the files a graph names."""

from greenroom.engine.cpu.definition import Definition, Output, bare, spec

LOAD_IMAGE = Definition(
    "LoadImage",
    display_name="Load Image",
    category="image",
    module="nodes",
    required={"image": spec([], image_upload=True)},
    outputs=(
        Output("IMAGE", "IMAGE"),
        Output("MASK", "MASK"),
    ),
    aliases=(
        "load image",
        "open image",
        "import image",
        "image input",
        "upload image",
        "read image",
        "image loader",
    ),
    essentials="Basics",
    classic=True,
)

LOAD_IMAGE_MASK = Definition(
    "LoadImageMask",
    display_name="Load Image (as Mask)",
    category="image",
    module="nodes",
    required={
        "image": spec([], image_upload=True),
        "channel": bare(["alpha", "red", "green", "blue"]),
    },
    outputs=(Output("MASK", "MASK"),),
    aliases=(
        "import mask",
        "alpha mask",
        "channel mask",
    ),
    essentials="Image Tools",
    classic=True,
)

DEFINITIONS = (
    LOAD_IMAGE,
    LOAD_IMAGE_MASK,
)
