"""Pictures, films and sounds that a graph names by an address, as data, or by an asset's id."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from greenroom.domain.container import Container, container_of
from greenroom.domain.ids import is_canonical_uuid
from greenroom.domain.workflow.file_inputs import FileKind

_ADDRESS = re.compile(r"(?:https?://|data:)", re.IGNORECASE)
_PICTURES = frozenset({
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic",
})  # fmt: skip
_FILMS_AND_SOUNDS = frozenset({
    ".mp4", ".mov", ".m4v", ".m4a", ".mkv", ".webm", ".avi", ".ogv", ".ogg", ".opus", ".wav",
    ".flac", ".mp3", ".aac",
})  # fmt: skip
_OTHERS = frozenset({
    ".glb", ".gltf", ".obj", ".fbx", ".stl", ".ply", ".usdz", ".latent", ".pdf", ".txt", ".json",
    ".csv",
})  # fmt: skip
_SUBTYPES: Mapping[str, str] = {
    "quicktime": ".mov", "x-matroska": ".mkv", "x-wav": ".wav", "mpeg": ".mp3",
    "gltf-binary": ".glb",
}  # fmt: skip
_FILMS = frozenset({Container.MP4, Container.MATROSKA, Container.AVI, Container.OGG})
_FITS: Mapping[FileKind, frozenset[Container]] = {
    FileKind.IMAGE: frozenset({Container.PICTURE}),
    # Moving pictures are films to most loaders.
    FileKind.VIDEO: _FILMS | {Container.PICTURE},
    FileKind.AUDIO: frozenset(Container) - {Container.PICTURE, Container.AVI},
}
_SUFFIXES: Mapping[Container, str] = {
    Container.PICTURE: ".png", Container.MP4: ".mp4", Container.MATROSKA: ".webm",
    Container.AVI: ".avi", Container.WAVE: ".wav", Container.OGG: ".ogg", Container.FLAC: ".flac",
    Container.MP3: ".mp3", Container.AAC: ".aac",
}  # fmt: skip


def is_address(text: str) -> bool:
    """Whether the value of a file input says where the bytes are, and is no name of a file."""
    return _ADDRESS.match(text) is not None


def is_data(text: str) -> bool:
    return text[:5].lower() == "data:"


def is_asset_id(text: str) -> bool:
    return is_canonical_uuid(text)


def fits(kind: FileKind, head: bytes) -> bool:
    """Whether a file that begins like this can be what the input takes."""
    wanted = _FITS.get(kind)
    return wanted is None or container_of(head) in wanted


def suffix_of(head: bytes, name: str | None, mime: str | None) -> str:
    """How the file's name should end, such as `.png`: by its name, else its type, else its bytes.

    A suffix counts only when it is one of the kind that the bytes are.
    """
    container = container_of(head)
    given = PurePosixPath(name or "").suffix.lower()
    subtype = (mime or "").rpartition("/")[2]
    for suffix in (given, _SUBTYPES.get(subtype, f".{subtype}")):
        if suffix in _suffixes(container):
            return suffix
    return _SUFFIXES[container] if container is not None else ".bin"


def _suffixes(container: Container | None) -> frozenset[str]:
    if container is None:
        return _OTHERS
    return _PICTURES if container is Container.PICTURE else _FILMS_AND_SOUNDS
