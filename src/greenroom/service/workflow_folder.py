"""Workflows on disk: which files and folders are one, and their bytes."""

from collections.abc import Iterator
from pathlib import Path

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.workflow_source import MANIFEST_NAMES, Source, id_from

SUFFIXES = frozenset({
    ".json", ".png", ".webp", ".jpg", ".jpeg", ".mp4", ".mov", ".m4v", ".webm", ".mkv", ".flac",
    ".ogg", ".opus", ".mp3", ".glb", ".latent",
})  # fmt: skip
_TEXTS = frozenset({".json", ".yaml", ".yml"})
_MARKS = (*MANIFEST_NAMES, "workflow.json")
_MOST_FILES = 500
_MOST_BYTES = 100 * 1024 * 1024
_DEEPEST = 4


def is_bundle(folder: Path) -> bool:
    """Whether a folder is one workflow."""
    return any((folder / name).is_file() for name in _MARKS)


def find_workflows(folder: Path, deepest: int = _DEEPEST) -> Iterator[Path]:
    """Every workflow below a folder, by name: folders with a manifest, and files."""
    if is_bundle(folder):
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and deepest > 0:
            yield from find_workflows(path, deepest - 1)
        elif path.is_file() and path.suffix.lower() in SUFFIXES:
            yield path


def id_below(folder: Path, path: Path) -> str | None:
    """The id of a workflow found below a folder; None when its manifest or name says it.

    It is made of the way from the folder to the file, so that equal names do not meet.
    """
    if path.is_dir():
        return None
    return id_from(str(path.relative_to(folder).with_suffix("")))


def load_workflow(path: Path) -> Source:
    """The bytes of a workflow; BAD_REQUEST when they cannot be read, TOO_LARGE for too many."""
    try:
        files = dict(_folder_files(path)) if path.is_dir() else {path.name: _read(path)}
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise AppError(ErrorCode.BAD_REQUEST, message) from error
    if sum(map(len, files.values())) > _MOST_BYTES:
        raise _too_large(path)
    return Source(path.resolve().name, files)


def _folder_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _TEXTS or path.is_symlink() or not path.is_file():
            continue
        count += 1
        if count > _MOST_FILES:
            raise _too_large(folder)
        yield path.relative_to(folder).as_posix(), _read(path)


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MOST_BYTES:
        raise _too_large(path)
    return path.read_bytes()


def _too_large(path: Path) -> AppError:
    return AppError(ErrorCode.TOO_LARGE, f"{path} is too large for a workflow.")
