"""JSON as Python's own encoder writes it, which may hold NaN and Infinity, into typed values."""

import json
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(text: str | bytes | msgspec.Raw, kind: type[T]) -> T:
    """ValueError for anything that is not a `kind`."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Nodes that always change leave NaN in the prompt, and so in queue and history.
        return msgspec.convert(json.loads(bytes(text) if not isinstance(text, str) else text), kind)
