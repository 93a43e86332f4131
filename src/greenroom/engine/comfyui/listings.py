"""Where a ComfyUI answers a question; older ones lack some of these routes."""

from collections.abc import Mapping
from urllib.parse import quote

from greenroom.domain.listing import Listing, Question

_PATHS = {
    Listing.SUBGRAPHS: "/global_subgraphs",
    Listing.SUBGRAPH: "/global_subgraphs/{key}",
    Listing.NODE_REPLACEMENTS: "/node_replacements",
    Listing.TRANSLATIONS: "/i18n",
    Listing.MODEL_FOLDERS: "/experiment/models",
    Listing.MODEL_NAMES: "/models/{key}",
    Listing.MODEL_FILES: "/experiment/models/{key}",
    Listing.MODEL_METADATA: "/view_metadata/{key}",
}
_STEPS = frozenset({".", ".."})


def address(question: Question) -> tuple[str, Mapping[str, str]] | None:
    """Path and query; None for a key that would lead to another route."""
    if question.key in _STEPS:
        return None
    path = _PATHS[question.listing].format(key=quote(question.key, safe=""))
    return path, {"filename": question.file} if question.file else {}
