"""Graphs that the pages are filled with."""


def plain(width=64, height=48, color=5142654, batch=1, prefix="plain"):
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": width, "height": height, "batch_size": batch, "color": color},
        },
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": prefix}},
    }


def blurred(image="cat.png", prefix="blurred"):
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": image}},
        "2": {
            "class_type": "ImageBlur",
            "inputs": {"image": ["1", 0], "blur_radius": 2, "sigma": 1},
        },
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": prefix}},
    }


def told(text, color=255, prefix="told"):
    """A picture and a text: the text is the prompt of its history."""
    graph = plain(color=color, prefix=prefix)
    graph["3"] = {
        "class_type": "PrimitiveString",
        "inputs": {"value": text},
        "_meta": {"title": "Prompt"},
    }
    graph["4"] = {"class_type": "PreviewAny", "inputs": {"source": ["3", 0]}}
    return graph


def slow(blurs=12, side=3000):
    """Takes many seconds, and says which of its nodes runs."""
    graph = plain(side, side, prefix="slow")
    last = "1"
    for index in range(blurs):
        node = f"b{index}"
        graph[node] = {
            "class_type": "ImageBlur",
            "inputs": {"image": [last, 0], "blur_radius": 31, "sigma": 5 + index / blurs},
            "_meta": {"title": f"Blur number {index + 1}"},
        }
        last = node
    graph["2"]["inputs"]["images"] = [last, 0]
    return graph
