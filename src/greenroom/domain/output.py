"""What a run's `ui` outputs hold: the files in them, how many there are, and which one to show.

The rules for counting and for the preview are those of ComfyUI's jobs API.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from greenroom.domain.json import JsonObject, JsonValue

_PREVIEWABLE_KEYS = frozenset({"images", "video", "audio", "3d", "text"})
_3D_SUFFIXES = frozenset({".obj", ".fbx", ".gltf", ".glb", ".usdz"})
_TEXT_SUFFIXES = frozenset({".txt", ".md", ".json"})
_LONGEST_TEXT = 1024


@dataclass(frozen=True, slots=True)
class OutputSummary:
    """What a list of jobs shows of a job's outputs."""

    count: int
    previewable: int
    preview: JsonObject | None


@dataclass(frozen=True, slots=True)
class _Item:
    node_id: str
    key: str
    value: JsonObject

    @property
    def suffix(self) -> str:
        return PurePosixPath(str(self.value.get("filename") or "")).suffix.lower()

    @property
    def textual(self) -> bool:
        return self.key == "text" or self.suffix in _TEXT_SUFFIXES

    @property
    def previewable(self) -> bool:
        form = str(self.value.get("format") or "")
        return (
            self.key in _PREVIEWABLE_KEYS
            or form.startswith(("video/", "audio/"))
            or self.suffix in _3D_SUFFIXES | _TEXT_SUFFIXES
        )

    @property
    def rank(self) -> int:
        """The smaller the better as a preview."""
        if self.textual:
            return 2
        return 0 if self.value.get("type") == "output" else 1

    def as_preview(self) -> JsonObject:
        return {"mediaType": self.key, **self.value, "nodeId": self.node_id}


def is_file(item: JsonValue) -> bool:
    """Whether one entry of a `ui` list names a file: {filename, subfolder?, type?}."""
    return isinstance(item, Mapping) and isinstance(item.get("filename"), str)


def file_of(item: JsonValue) -> JsonObject | None:
    """An entry of a `ui` list as an object; 3D models may be named by a bare string."""
    if isinstance(item, Mapping):
        return item
    if isinstance(item, str) and PurePosixPath(item).suffix.lower() in _3D_SUFFIXES:
        return {"filename": item, "type": "output", "subfolder": "", "mediaType": "3d"}
    return None


def files(outputs: Mapping[str, JsonValue]) -> Iterator[tuple[str, str, JsonObject]]:
    """(node id, key, file) of every file that the nodes made."""
    for node_id, key, value in _entries(outputs):
        item = file_of(value)
        if item is not None and is_file(item):
            yield node_id, key, item


def summarize(outputs: Mapping[str, JsonValue]) -> OutputSummary:
    """Count the outputs of all nodes and choose the one to show."""
    count = previewable = 0
    best: _Item | None = None
    text: JsonObject | None = None
    for node_id, key, value in _entries(outputs):
        item = file_of(value)
        if item is None:
            text = text or _text_preview(node_id, key, value)
            continue
        count += 1
        candidate = _Item(node_id, key, item)
        if candidate.previewable:
            previewable += 1
            if best is None or candidate.rank < best.rank:
                best = candidate
    return OutputSummary(count, previewable, best.as_preview() if best else text)


def _entries(outputs: Mapping[str, JsonValue]) -> Iterator[tuple[str, str, JsonValue]]:
    for node_id, node in outputs.items():
        if not isinstance(node, Mapping):
            continue
        for key, values in node.items():
            if key == "animated" or isinstance(values, str) or not isinstance(values, Sequence):
                continue
            for value in values:
                yield node_id, key, value


def _text_preview(node_id: str, key: str, value: JsonValue) -> JsonObject | None:
    if key != "text" or not isinstance(value, str):
        return None
    preview: dict[str, JsonValue] = {"content": value[:_LONGEST_TEXT]}
    if len(value) > _LONGEST_TEXT:
        preview["truncated"] = True
    return {**preview, "nodeId": node_id, "mediaType": key}
