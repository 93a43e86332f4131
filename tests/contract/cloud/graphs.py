"""Small graphs of built-in nodes for the tests of the cloud."""

from tests.contract.v2.graphs import saved

__all__ = ["broken", "loaded", "saved"]


def loaded(name, prefix="cloud/copy"):
    """Loads a file by its name and saves it again."""
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "9": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": prefix},
        },
    }


def broken():
    """Fails in node 2, whose file is no picture."""
    graph = saved(prefix="cloud/never")
    graph["2"] = {"class_type": "LoadImage", "inputs": {"image": "damaged.bin"}}
    graph["9"]["inputs"]["images"] = ["2", 0]
    del graph["1"]
    return graph
