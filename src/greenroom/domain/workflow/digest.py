"""Canonical JSON, and the hash by which two graphs are known to be the same."""

import hashlib
import json

from greenroom.domain.json import JsonValue

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: JsonValue) -> bytes:
    """The one way to write a value: sorted keys, no spaces, ASCII; 1 and 1.0 stay different."""
    return _encoder.encode(value).encode("ascii")


def digest(value: JsonValue) -> str:
    """64 hex digits that are equal for equal JSON, whatever the order of its keys."""
    return hashlib.blake2b(canonical_json(value), digest_size=32).hexdigest()
