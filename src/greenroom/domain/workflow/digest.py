"""The hash of a submitted graph, and whether two texts are the same graph."""

import hashlib
import json


def digest(prompt: bytes) -> str:
    """64 hex digits over a graph's JSON as it was sent."""
    return hashlib.blake2b(prompt, digest_size=32).hexdigest()


def same_graph(one: bytes, other: bytes) -> bool:
    """Whether two texts are the same JSON, whatever their spaces and the order of their names."""
    return one == other or json.dumps(json.loads(one), sort_keys=True) == json.dumps(
        json.loads(other), sort_keys=True
    )
