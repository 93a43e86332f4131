"""Nodes that put pictures together and take them apart."""

from greenroom.engine.cpu.definition import Definition, Output, bare, spec

IMAGE_BATCH = Definition(
    "ImageBatch",
    display_name="Batch Images (DEPRECATED)",
    category="image/batch",
    module="nodes",
    required={"image1": bare("IMAGE"), "image2": bare("IMAGE")},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "combine images",
        "merge images",
        "stack images",
    ),
    classic=True,
    deprecated=True,
)

BATCH_IMAGES_NODE = Definition(
    "BatchImagesNode",
    display_name="Batch Images",
    category="image/batch",
    module="comfy_extras.nodes_post_processing",
    required={
        "images": spec(
            "COMFY_AUTOGROW_V3",
            template={
                "input": {"required": {"image": ["IMAGE", {}]}},
                "prefix": "image",
                "min": 1,
                "max": 50,
            },
        )
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "batch",
        "image batch",
        "batch images",
        "combine images",
        "merge images",
        "stack images",
    ),
    essentials="Image Tools",
)

IMAGE_FROM_BATCH = Definition(
    "ImageFromBatch",
    display_name="Get Image from Batch",
    category="image/batch",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "batch_index": spec("INT", default=0, min=-16384, max=16384),
        "length": spec("INT", default=1, min=1, max=4096),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "select image",
        "pick from batch",
        "extract image",
    ),
)

REPEAT_IMAGE_BATCH = Definition(
    "RepeatImageBatch",
    display_name="Repeat Image Batch",
    category="image/batch",
    module="comfy_extras.nodes_images",
    required={"image": spec("IMAGE"), "amount": spec("INT", default=1, min=1, max=4096)},
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "duplicate image",
        "clone image",
    ),
)

SPLIT_IMAGE_TO_TILE_LIST = Definition(
    "SplitImageToTileList",
    display_name="Split Image into List of Tiles",
    category="image/batch",
    module="comfy_extras.nodes_images",
    required={
        "image": spec("IMAGE"),
        "tile_width": spec("INT", default=1024, min=64, max=16384),
        "tile_height": spec("INT", default=1024, min=64, max=16384),
        "overlap": spec("INT", default=128, min=0, max=4096),
    },
    outputs=(Output("IMAGE", "IMAGE", many=True),),
    aliases=(
        "split image",
        "tile image",
        "slice image",
    ),
    description=("Splits an image into a batched list of tiles with a specified overlap."),
)

IMAGE_MERGE_TILE_LIST = Definition(
    "ImageMergeTileList",
    display_name="Merge List of Tiles to Image",
    category="image/batch",
    module="comfy_extras.nodes_images",
    required={
        "image_list": spec("IMAGE"),
        "final_width": spec("INT", default=1024, min=64, max=32768),
        "final_height": spec("INT", default=1024, min=64, max=32768),
        "overlap": spec("INT", default=128, min=0, max=4096),
    },
    outputs=(Output("IMAGE", "IMAGE"),),
    aliases=(
        "split image",
        "tile image",
        "slice image",
    ),
    takes_lists=True,
)

DEFINITIONS = (
    IMAGE_BATCH,
    BATCH_IMAGES_NODE,
    IMAGE_FROM_BATCH,
    REPEAT_IMAGE_BATCH,
    SPLIT_IMAGE_TO_TILE_LIST,
    IMAGE_MERGE_TILE_LIST,
)
