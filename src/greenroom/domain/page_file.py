"""Files that a worker's ComfyUI has for the pages of its frontend."""

from dataclasses import dataclass
from enum import StrEnum

LARGEST = 16 * 1024 * 1024
"""Bytes of one such file that are passed on."""

_LONGEST_PATH = 1024


class PageFolder(StrEnum):
    EXTENSIONS = "extensions"
    """Scripts of custom nodes, with what they need: <pack>/<path>."""
    TEMPLATES = "templates"
    """Workflows of custom nodes, with their pictures: <pack>/<path>."""
    MODEL_PREVIEWS = "model_previews"
    """The picture that stands beside a model: <folder>/<index of the path>/<name>."""


@dataclass(frozen=True, slots=True)
class PageFile:
    folder: PageFolder
    path: str
    """With forward slashes; see `is_inside`."""


@dataclass(frozen=True, slots=True)
class PageContent:
    data: bytes
    digest: str
    """Of the data, in hexadecimal."""
    tag: str | None = None
    """The ETag header under which the worker gave it."""


def is_inside(path: str) -> bool:
    """Whether the path can only name a file inside the folder that it is looked for in."""
    if not path.isprintable() or len(path) > _LONGEST_PATH or "\\" in path or ":" in path:
        return False
    return all(part.strip(" .") for part in path.split("/"))
