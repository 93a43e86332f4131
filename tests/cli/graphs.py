"""Workflows in API format, from a few milliseconds to many seconds long."""

from typing import Any


def quick(color: int = 0) -> dict[str, Any]:
    size = {"width": 16, "height": 16, "batch_size": 1, "color": color}
    return {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": "quick"},
            "_meta": {"title": "Keep it"},
        },
    }


def failing() -> dict[str, Any]:
    """Passes the checks, for a link may be given as a value, and breaks when it runs."""
    return {"1": {"class_type": "PreviewImage", "inputs": {"images": "no picture"}}}


def blurring(times: int, side: int = 1024) -> dict[str, Any]:
    """Blurs a square of `side` pixels one time after the other, about half a second each."""
    size = {"width": side, "height": side, "batch_size": 1, "color": 0x336699}
    graph: dict[str, Any] = {"0": {"class_type": "EmptyImage", "inputs": size}}
    for number in range(1, times + 1):
        inputs = {"image": [str(number - 1), 0], "blur_radius": 31, "sigma": 10.0}
        graph[str(number)] = {"class_type": "ImageBlur", "inputs": inputs}
    saving = {"images": [str(times), 0], "filename_prefix": "blurred"}
    return {**graph, "save": {"class_type": "SaveImage", "inputs": saving}}


def for_the_editor() -> dict[str, Any]:
    """The quick one as the editor saves it."""
    slot = {"name": "IMAGE", "type": "IMAGE"}
    return {
        "nodes": [
            {
                "id": 1, "type": "EmptyImage", "mode": 0, "inputs": [],
                "outputs": [{**slot, "links": [7]}], "widgets_values": [16, 16, 1, 0],
            },
            {
                "id": 2, "type": "SaveImage", "mode": 0, "outputs": [],
                "inputs": [{"name": "images", "type": "IMAGE", "link": 7}],
                "widgets_values": ["quick"],
            },
        ],
        "links": [[7, 1, 0, 2, 0, "IMAGE"]],
        "version": 0.4,
    }  # fmt: skip
