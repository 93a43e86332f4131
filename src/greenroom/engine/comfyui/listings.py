"""Where a ComfyUI answers a question or has a file; older ones lack some of these routes."""

from collections.abc import Mapping
from urllib.parse import quote

from greenroom.domain.listing import Listing, Question
from greenroom.domain.page_file import PageFile, PageFolder, is_inside

_PATHS = {
    Listing.SUBGRAPHS: "/global_subgraphs",
    Listing.SUBGRAPH: "/global_subgraphs/{key}",
    Listing.NODE_REPLACEMENTS: "/node_replacements",
    Listing.TRANSLATIONS: "/i18n",
    Listing.EXTENSIONS: "/extensions",
    Listing.TEMPLATES: "/workflow_templates",
    Listing.MODEL_FOLDERS: "/experiment/models",
    Listing.MODEL_NAMES: "/models/{key}",
    Listing.MODEL_FILES: "/experiment/models/{key}",
    Listing.MODEL_METADATA: "/view_metadata/{key}",
}
_FOLDERS = {
    PageFolder.EXTENSIONS: "/extensions/",
    PageFolder.TEMPLATES: "/api/workflow_templates/",
    PageFolder.MODEL_PREVIEWS: "/experiment/models/preview/",
}
_STEPS = frozenset({".", ".."})


def address(question: Question) -> tuple[str, Mapping[str, str]] | None:
    """Path and query; None for a key that would lead to another route."""
    if question.key in _STEPS:
        return None
    path = _PATHS[question.listing].format(key=quote(question.key, safe=""))
    return path, {"filename": question.file} if question.file else {}


def page_address(file: PageFile) -> str | None:
    """The path; None for one that would lead out of the folder."""
    return _FOLDERS[file.folder] + quote(file.path) if is_inside(file.path) else None
