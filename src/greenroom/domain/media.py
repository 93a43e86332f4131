"""The pictures and films in a run's `ui` outputs, and the best of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output import is_file

_VIDEO_KEYS = frozenset({"gifs", "videos", "video"})
_VIDEO_SUFFIXES = frozenset({".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v"})
_KEYS = ("images", "gifs", "videos", "video")


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Media:
    """One file that a node made."""

    node_id: str
    kind: MediaKind
    filename: str
    subfolder: str
    type: str
    """output, temp or input."""

    @property
    def rank(self) -> int:
        """The smaller the better: final, preview, intermediate."""
        parts = PurePosixPath(self.subfolder).parts
        if "intermediate" in parts:
            return 2
        return 1 if "preview" in parts or self.type == "temp" else 0

    def as_json(self) -> dict[str, JsonValue]:
        return {"filename": self.filename, "subfolder": self.subfolder, "type": self.type}


@dataclass(frozen=True, slots=True)
class Best:
    """What to show of a run."""

    videos: tuple[Media, ...] = ()
    images: tuple[Media, ...] = ()

    @property
    def first(self) -> Media | None:
        return next(iter((*self.videos, *self.images)), None)


def media_of(outputs: Mapping[str, JsonValue]) -> list[Media]:
    """Every picture and film, in the order of the nodes."""
    return [
        media
        for node_id, node in outputs.items()
        if isinstance(node, Mapping)
        for media in node_media(node_id, node)
    ]


def node_media(node_id: str, ui: JsonObject) -> Iterator[Media]:
    """The pictures and films of one node."""
    for key in _KEYS:
        values = ui.get(key)
        if isinstance(values, str) or not isinstance(values, Sequence):
            continue
        for item in values:
            if isinstance(item, Mapping) and is_file(item):
                yield _media(node_id, key, item)


def best_of(outputs: Mapping[str, JsonValue]) -> Best:
    """Final files; where there are none, previews, and at last what was made on the way."""
    found = media_of(outputs)
    if not found:
        return Best()
    rank = min(media.rank for media in found)
    chosen = [media for media in found if media.rank == rank]
    return Best(
        tuple(media for media in chosen if media.kind is MediaKind.VIDEO),
        tuple(media for media in chosen if media.kind is MediaKind.IMAGE),
    )


def _media(node_id: str, key: str, item: JsonObject) -> Media:
    name = str(item["filename"])
    film = key in _VIDEO_KEYS or PurePosixPath(name).suffix.lower() in _VIDEO_SUFFIXES
    return Media(
        node_id=node_id,
        kind=MediaKind.VIDEO if film else MediaKind.IMAGE,
        filename=name,
        subfolder=str(item.get("subfolder") or ""),
        type=str(item.get("type") or "output"),
    )
