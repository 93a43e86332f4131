"""Where the UI finds a file and its thumbnail."""

from collections.abc import Mapping
from urllib.parse import urlencode

from greenroom.api.console.shapes import Image, Kind
from greenroom.api.media_types import media_type
from greenroom.domain.json import JsonValue
from greenroom.service.assets import FileName

_3D = (".obj", ".fbx", ".gltf", ".glb", ".usdz", ".ply", ".splat")
_TEXT = (".txt", ".md", ".json", ".csv", ".log")
_KINDS: dict[str, Kind] = {"image": "image", "video": "video", "audio": "audio"}
_PICTURED = frozenset({"image", "video"})


def kind_of(name: str) -> Kind:
    lower = name.lower()
    if lower.endswith(_3D):
        return "3d"
    if lower.endswith(_TEXT):
        return "text"
    return _KINDS.get(media_type(name).partition("/")[0], "file")


def file_url(root: str, subfolder: str, name: str) -> str:
    return "/view?" + _query(root, subfolder, name)


def thumbnail_url(root: str, subfolder: str, name: str) -> str | None:
    """None for kinds of files that show no picture."""
    if kind_of(name) not in _PICTURED:
        return None
    return "/api/console/thumbnail?" + _query(root, subfolder, name)


def image_of(name: FileName | None) -> Image | None:
    """A file as a picture; None when it is no picture."""
    if name is None:
        return None
    thumbnail = thumbnail_url(name.root, name.subfolder, name.name)
    if thumbnail is None:
        return None
    return Image(name.name, file_url(name.root, name.subfolder, name.name), thumbnail)


def image_of_output(output: Mapping[str, JsonValue] | None) -> Image | None:
    """The picture that an output names: {filename, subfolder, type}."""
    if output is None or not isinstance(output.get("filename"), str):
        return None
    place = str(output.get("type") or "output"), str(output.get("subfolder") or "")
    name = str(output["filename"])
    thumbnail = thumbnail_url(*place, name)
    return None if thumbnail is None else Image(name, file_url(*place, name), thumbnail)


def _query(root: str, subfolder: str, name: str) -> str:
    return urlencode({"filename": name, "subfolder": subfolder, "type": root})
