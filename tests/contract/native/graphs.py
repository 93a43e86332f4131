"""Small graphs of built-in nodes."""


def picture(color=1, size=16):
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": size, "height": size, "batch_size": 1, "color": color},
        },
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def slow(color=1, blurs=20):
    """Seconds of work; stop it when it is no longer needed."""
    graph = {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 1400, "height": 1400, "batch_size": 1, "color": color},
        },
        "100": {"class_type": "PreviewImage", "inputs": {"images": [str(blurs + 1), 0]}},
    }
    for number in range(2, blurs + 2):
        graph[str(number)] = {
            "class_type": "ImageBlur",
            "inputs": {"image": [str(number - 1), 0], "blur_radius": 31, "sigma": 5.0},
        }
    return graph


def chain(length, text="x"):
    """A row of `length` nodes, one after the other."""
    graph = {
        "1": {"class_type": "PrimitiveString", "inputs": {"value": text}},
        str(length): {"class_type": "PreviewAny", "inputs": {"source": [str(length - 1), 0]}},
    }
    for number in range(2, length):
        graph[str(number)] = {
            "class_type": "StringReplace",
            "inputs": {"string": [str(number - 1), 0], "find": "a", "replace": "b"},
        }
    return graph
