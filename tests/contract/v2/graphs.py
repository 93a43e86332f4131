"""Small graphs of built-in nodes."""

import io

from PIL import Image


def saved(color=255, size=16, prefix="v2/pic"):
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": size, "height": size, "batch_size": 1, "color": color},
        },
        "9": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": prefix},
        },
    }


def copied(asset_id, prefix="v2/copy"):
    """Loads an asset by its id and saves it again."""
    reference = {"__type": "core/ASSET", "info": {"id": asset_id}}
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": reference}},
        "9": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": prefix},
        },
    }


def picture(color, size=(8, 8)):
    """The bytes of a PNG."""
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, format="PNG")
    return target.getvalue()
