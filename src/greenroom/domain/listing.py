"""What a worker can be asked for besides its nodes, in ComfyUI's words."""

from dataclasses import dataclass
from enum import StrEnum


class Listing(StrEnum):
    SUBGRAPHS = "subgraphs"
    """Subgraph id -> {source, name, info}."""
    SUBGRAPH = "subgraph"
    """One of them with its `data`; the key is its id."""
    NODE_REPLACEMENTS = "node_replacements"
    """Old class name -> what may stand in its place."""
    TRANSLATIONS = "translations"
    """Locale -> texts of custom nodes."""
    EXTENSIONS = "extensions"
    """The addresses of all scripts, as /extensions/<pack>/<path>."""
    TEMPLATES = "templates"
    """Pack of custom nodes -> the names of its workflows."""
    MODEL_FOLDERS = "model_folders"
    """[{name, folders, extensions}]; the folders are paths on the worker."""
    MODEL_NAMES = "model_names"
    """The names of all files in a folder, which is the key."""
    MODEL_FILES = "model_files"
    """[{name, pathIndex, modified, created, size}] of the weights in a folder."""
    MODEL_METADATA = "model_metadata"
    """The metadata in the header of one file; the key is its folder."""


@dataclass(frozen=True, slots=True)
class Question:
    listing: Listing
    key: str = ""
    file: str = ""
