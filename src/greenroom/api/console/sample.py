"""A workflow to begin with: it needs no model and no file."""

from greenroom.domain.json import JsonObject

ID = "sample"
NAME = "Sample: a plain picture"
GRAPH: JsonObject = {
    "1": {
        "class_type": "EmptyImage",
        "inputs": {"width": 768, "height": 512, "batch_size": 1, "color": 5142654},
        "_meta": {"title": "A plain picture"},
    },
    "2": {
        "class_type": "SaveImage",
        "inputs": {"images": ["1", 0], "filename_prefix": "sample"},
        "_meta": {"title": "Save the picture"},
    },
}
