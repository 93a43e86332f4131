"""Node lists, the answers to /object_info: read, packed for keeping, and held once.

A fleet has a few different lists and a thousand workers, so equal texts give the same object, and
lists that differ share the classes in which they do not.
"""

import hashlib
import json
import threading
import zlib
from collections import OrderedDict

from greenroom.domain.json import JsonObject, JsonValue

_LISTS = 64
"""How many whole lists are remembered, by what was asked for last."""
_VARIANTS = 8
"""How many different definitions of one class are."""


def node_list(text: bytes) -> JsonObject:
    """The definitions by class, never to be changed. ValueError when the text is no node list."""
    return _shared.read(text)


def pack(definitions: JsonObject) -> bytes:
    """For keeping."""
    return zlib.compress(json.dumps(definitions, separators=(",", ":")).encode())


def unpack(packed: bytes) -> JsonObject:
    """As `node_list`, of what `pack` gave."""
    return node_list(zlib.decompress(packed))


class _Shared:
    """Threads may use it side by side."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: OrderedDict[bytes, JsonObject] = OrderedDict()
        self._classes: dict[str, dict[bytes, JsonValue]] = {}

    def read(self, text: bytes) -> JsonObject:
        digest = hashlib.sha256(text).digest()
        with self._lock:
            found = self._lists.get(digest)
            if found is None:
                found = self._as_known(self._parsed(text))
            self._lists[digest] = found
            self._lists.move_to_end(digest)
            if len(self._lists) > _LISTS:
                self._lists.popitem(last=False)
            return found

    def _as_known(self, made: JsonObject) -> JsonObject:
        return next((known for known in self._lists.values() if _has_the_same(known, made)), made)

    def _parsed(self, text: bytes) -> JsonObject:
        made: JsonValue = json.loads(text)
        if not isinstance(made, dict):
            raise ValueError("a node list is an object")  # noqa: TRY004 - as for other texts
        return {name: self._class(name, definition) for name, definition in made.items()}

    def _class(self, name: str, made: JsonValue) -> JsonValue:
        """Told apart by their texts: for Python, 1 and True are equal."""
        digest = hashlib.sha256(json.dumps(made).encode()).digest()
        variants = self._classes.setdefault(name, {})
        found = variants.setdefault(digest, made)
        if len(variants) > _VARIANTS:
            del variants[next(iter(variants))]
        return found


def _has_the_same(known: JsonObject, other: JsonObject) -> bool:
    return known.keys() == other.keys() and all(known[name] is one for name, one in other.items())


_shared = _Shared()
