"""The graphs that the benchmarks send."""

import itertools
import json
from collections.abc import Iterator

_counter = itertools.count()


def small() -> dict[str, object]:
    """Two nodes: an empty picture and its preview."""
    number = next(_counter)
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": number % 2**24},
        },
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def twenty_nodes() -> dict[str, object]:
    """Twenty nodes in a chain, about 5 kB of JSON."""
    graph: dict[str, object] = {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {
                "width": 64,
                "height": 64,
                "batch_size": 1,
                "color": next(_counter) % 2**24,
            },
            "_meta": {"title": "Empty Image " + "x" * 150},
        }
    }
    for number in range(2, 20):
        graph[str(number)] = {
            "class_type": "ImageScaleBy",
            "inputs": {
                "image": [str(number - 1), 0],
                "upscale_method": "nearest-exact",
                "scale_by": 1.0,
            },
            "_meta": {"title": "Upscale Image By " + "x" * 150},
        }
    graph["20"] = {
        "class_type": "SaveImage",
        "inputs": {"images": ["19", 0], "filename_prefix": "bench"},
    }
    return graph


def bodies(graph: dict[str, object], count: int) -> Iterator[bytes]:
    """POST /prompt bodies of one graph."""
    body = json.dumps({"prompt": graph, "client_id": "bench"}).encode()
    return itertools.repeat(body, count)
