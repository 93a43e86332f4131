"""Results of earlier runs by signature, the least recently used dropped first."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from greenroom.domain.json import JsonObject

_MOST_ENTRIES = 4096
_OVERHEAD = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """What one node returned: for each output slot its list of values, and its `ui`."""

    outputs: tuple[Sequence[object], ...]
    ui: JsonObject | None
    home: str
    """The folder of the run that wrote the files that `ui` names."""


def weight(value: object) -> int:
    """Bytes that `value` holds, roughly."""
    if isinstance(size := getattr(value, "nbytes", None), int):
        return size
    if isinstance(value, str | bytes):
        return len(value)
    if is_dataclass(value) and not isinstance(value, type):
        return sum(weight(getattr(value, each.name)) for each in fields(value))
    parts: Iterable[object] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    return _OVERHEAD + sum(weight(part) for part in parts)


class Cache:
    def __init__(self, limit: int) -> None:
        """`limit`: bytes; entries that alone exceed it are not kept."""
        self._limit = limit
        self._held = 0
        self._entries: OrderedDict[str, tuple[Entry, int]] = OrderedDict()

    def get(self, key: str | None) -> Entry | None:
        if key is None or key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def put(self, key: str | None, entry: Entry) -> None:
        if key is None or (size := weight(entry)) > self._limit:
            return
        self._drop(key)
        self._entries[key] = (entry, size)
        self._held += size
        while self._held > self._limit or len(self._entries) > _MOST_ENTRIES:
            self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        self._entries.clear()
        self._held = 0

    def homes(self) -> tuple[str, ...]:
        """The folders whose files some entry still names."""
        return tuple({entry.home for entry, _ in self._entries.values() if entry.ui})

    def _drop(self, key: str) -> None:
        _, size = self._entries.pop(key, (None, 0))
        self._held -= size
