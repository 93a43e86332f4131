"""Files as Studio lists them: inputs one by one, outputs by the folder of their job."""

from collections.abc import Container, Iterable, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from greenroom.domain.asset import Asset
from greenroom.domain.json import JsonValue

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"})
_FILMS = frozenset({".mp4", ".webm", ".mov", ".avi"})
_KINDS = {"preview": "preview", "intermediate": "intermediate"}


def inputs(found: Iterable[Asset]) -> dict[str, JsonValue]:
    shown = [one for one in found if _type(one) is not None and not one.name.startswith(".")]
    newest_first = sorted(shown, key=lambda one: one.created_at, reverse=True)
    return {
        "files": [
            {
                "filename": one.name,
                "path": _path(one),
                "subfolder": one.subfolder,
                "size": one.size,
                "modified": one.created_at / 1000,
                "type": _type(one),
            }
            for one in newest_first
        ],
        "studio_jobs": [],
        "total_size": sum(one.size for one in shown),
    }


def outputs(found: Iterable[Asset], busy: Container[str]) -> dict[str, JsonValue]:
    """By job, the newest first; `busy` are the folders whose jobs still run."""
    shown = sorted(
        (one for one in found if _type(one) is not None), key=lambda one: (_folder(one), _path(one))
    )
    jobs = [
        _job(name, list(files), incomplete=name in busy)
        for name, files in groupby(shown, key=_folder)
    ]
    jobs.sort(key=lambda job: job[0], reverse=True)
    return {
        "files": [],
        "studio_jobs": [told for _, told in jobs],
        "total_size": sum(one.size for one in shown),
    }


def _job(
    folder: str, files: Sequence[Asset], *, incomplete: bool
) -> tuple[float, dict[str, JsonValue]]:
    """When the folder changed last, and what it holds."""
    by_kind: dict[str, list[Asset]] = {"final": [], "preview": [], "intermediate": []}
    for one in files:
        by_kind[_kind(one)].append(one)
    films = [one for one in by_kind["final"] if _type(one) == "video"]
    pictures = [] if films else [one for one in by_kind["final"] if _type(one) == "image"]
    modified = max(one.created_at for one in files) / 1000
    told: dict[str, JsonValue] = {
        "folder": folder,
        "folder_path": folder,
        "total_size": sum(one.size for one in files),
        "modified": modified,
        "incomplete": incomplete,
        "type": "studio_job" if films else "studio_gallery",
        "video_count": len(films),
        "image_count": len(pictures),
        "preview_count": len(by_kind["preview"]),
        "intermediate_count": len(by_kind["intermediate"]),
    }
    if films:
        told["video"] = _reference(films[0])
    first = next((one for one in (*pictures, *by_kind["preview"]) if _type(one) == "image"), None)
    lists = {"images": pictures, "previews": by_kind["preview"],
             "intermediates": by_kind["intermediate"]}  # fmt: skip
    told |= {name: [_reference(one) for one in some] for name, some in lists.items() if some}
    if first is not None:
        told["thumbnail"] = _reference(first)
    return modified, told


def _kind(one: Asset) -> str:
    inside = PurePosixPath(one.subfolder).parts[1:2]
    return _KINDS.get(inside[0] if inside else "", "final")


def _folder(one: Asset) -> str:
    return PurePosixPath(one.subfolder).parts[0] if one.subfolder else ""


def _path(one: Asset) -> str:
    return f"{one.subfolder}/{one.name}" if one.subfolder else one.name


def _reference(one: Asset) -> dict[str, JsonValue]:
    return {"filename": one.name, "subfolder": one.subfolder}


def _type(one: Asset) -> str | None:
    suffix = PurePosixPath(one.name).suffix.lower()
    if suffix in _PICTURES:
        return "image"
    return "video" if suffix in _FILMS else None
