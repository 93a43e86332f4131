"""Nodes that cut, turn, extend and measure pictures."""

from greenroom.engine.cpu.definition import Definition, Output, bare, combo, spec

IMAGE_CROP = Definition(
    "ImageCrop",
    display_name="Crop Image (DEPRECATED)",
    category="image/transform",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "width": spec("INT", default=512, min=1, max=16384, step=1),
        "height": spec("INT", default=512, min=1, max=16384, step=1),
        "x": spec("INT", default=0, min=0, max=16384, step=1),
        "y": spec("INT", default=0, min=0, max=16384, step=1),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=("trim",),
    essentials="Image Tools",
    deprecated=True,
)

IMAGE_CROP_V2 = Definition(
    "ImageCropV2",
    display_name="Crop Image",
    category="image/transform",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "crop_region": spec(
            "BOUNDING_BOX",
            default={"x": 0, "y": 0, "width": 512, "height": 512},
            socketless=True,
            component="ImageCrop",
        ),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "crop",
        "cut",
        "trim",
    ),
    essentials="Image Tools",
    description="Crop an image to the specified dimensions.",
    intermediate=True,
)

IMAGE_FLIP = Definition(
    "ImageFlip",
    display_name="Flip Image",
    category="image/transform",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "flip_method": combo("x-axis: vertically", "y-axis: horizontally"),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "mirror",
        "reflect",
    ),
)

IMAGE_ROTATE = Definition(
    "ImageRotate",
    display_name="Rotate Image",
    category="image/transform",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "rotation": combo("none", "90 degrees", "180 degrees", "270 degrees"),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "turn",
        "flip orientation",
    ),
    essentials="Image Tools",
)

IMAGE_PAD_FOR_OUTPAINT = Definition(
    "ImagePadForOutpaint",
    display_name="Pad Image for Outpainting",
    category="image/transform",
    module="nodes",
    required={
        "image": bare("IMAGE"),
        "left": spec("INT", default=0, min=0, max=16384, step=8),
        "top": spec("INT", default=0, min=0, max=16384, step=8),
        "right": spec("INT", default=0, min=0, max=16384, step=8),
        "bottom": spec("INT", default=0, min=0, max=16384, step=8),
        "feathering": spec("INT", default=40, min=0, max=16384, step=1, advanced=True),
    },
    outputs=(
        Output("IMAGE", "IMAGE"),
        Output("MASK", "MASK"),
    ),
    aliases=(
        "extend canvas",
        "expand image",
    ),
    classic=True,
)

IMAGE_STITCH = Definition(
    "ImageStitch",
    display_name="Stitch Images",
    category="image/transform",
    module="comfy_extras.nodes_images",
    required={
        "image1": spec("IMAGE"),
        "direction": combo("right", "down", "left", "up", default="right"),
        "match_image_size": spec("BOOLEAN", default=True),
        "spacing_width": spec("INT", advanced=True, default=0, min=0, max=1024, step=2),
        "spacing_color": combo(
            "white", "black", "red", "green", "blue", advanced=True, default="white"
        ),
    },
    optional={"image2": spec("IMAGE")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "combine images",
        "join images",
        "concatenate images",
        "side by side",
    ),
    description=(
        "Stitches image2 to image1 in the specified direction.\nIf image2 "
        "is not provided, returns image1 unchanged.\nOptional spacing can "
        "be added between images."
    ),
)

GET_IMAGE_SIZE = Definition(
    "GetImageSize",
    display_name="Get Image Size",
    category="image",
    module="comfy_extras.nodes_images",
    required={"image": spec("IMAGE")},
    hidden={"unique_id": "UNIQUE_ID"},
    outputs=(
        Output("INT", "width"),
        Output("INT", "height"),
        Output("INT", "batch_size"),
    ),
    aliases=(
        "dimensions",
        "resolution",
        "image info",
    ),
    description=("Returns width and height of the image, and passes it through unchanged."),
)

DEFINITIONS = (
    IMAGE_CROP,
    IMAGE_CROP_V2,
    IMAGE_FLIP,
    IMAGE_ROTATE,
    IMAGE_PAD_FOR_OUTPAINT,
    IMAGE_STITCH,
    GET_IMAGE_SIZE,
)
