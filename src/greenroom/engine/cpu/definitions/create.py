"""Nodes that make pictures and masks from nothing."""

from greenroom.engine.cpu.definition import Definition, Output, spec

EMPTY_IMAGE = Definition(
    "EmptyImage",
    display_name="Empty Image",
    category="image",
    module="nodes",
    required={
        "width": spec("INT", default=512, min=1, max=16384, step=1),
        "height": spec("INT", default=512, min=1, max=16384, step=1),
        "batch_size": spec("INT", default=1, min=1, max=4096),
        "color": spec("INT", default=0, min=0, max=0xFFFFFF, step=1, display="color"),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(),
    classic=True,
)

SOLID_MASK = Definition(
    "SolidMask",
    display_name="Create Solid Mask",
    category="image/mask",
    module="comfy_extras.nodes_mask",
    required={
        "value": spec("FLOAT", default=1.0, min=0.0, max=1.0, step=0.01),
        "width": spec("INT", default=512, min=1, max=16384, step=1),
        "height": spec("INT", default=512, min=1, max=16384, step=1),
    },
    outputs=(Output("MASK", "MASK"),),
)

DEFINITIONS = (
    EMPTY_IMAGE,
    SOLID_MASK,
)
