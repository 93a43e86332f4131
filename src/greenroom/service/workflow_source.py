"""The files that a workflow comes in -> a draft for the library."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.library import Content, Draft
from greenroom.domain.workflow.dynamic.block import parse_block
from greenroom.domain.workflow.manifest import Manifest, Stage, WorkflowKind
from greenroom.domain.workflow.prompt_json import decode_json
from greenroom.domain.workflow.reading.workflow_file import read_workflow_file
from greenroom.service.manifest_file import read_manifest

MANIFEST_NAMES = ("manifest.yaml", "manifest.yml")

_LONGEST_ID = 100
_LONGEST_NAME = 200
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one workflow: a single one, or a folder with a manifest."""

    name: str
    """Of the file or folder."""
    files: Mapping[str, bytes]
    """Path inside the folder, with forward slashes -> bytes."""


def read_source(
    source: Source,
    *,
    workflow_id: str | None = None,
    name: str | None = None,
    tags: tuple[str, ...] = (),
) -> Draft:
    """The workflow in the files; what is given here wins over what they say.

    BAD_REQUEST for a manifest that is wrong or a file that is missing, else what
    read_workflow_file raises.
    """
    manifest_name = next((found for found in MANIFEST_NAMES if found in source.files), None)
    if manifest_name is None:
        return _plain(source, workflow_id, name, tags)
    try:
        text = source.files[manifest_name].decode()
    except UnicodeDecodeError:
        raise _refusal(f"{manifest_name} of {source.name} is not UTF-8 text") from None
    manifest = _read_manifest(text, f"{manifest_name} of {source.name}")
    return Draft(
        id=checked_id(workflow_id or manifest.id),
        name=checked_name(name or manifest.name),
        content=_content(source, text, manifest),
        source=one_line(source.name)[:_LONGEST_NAME],
        tags=tags or tuple(tag for item in manifest.tags if (tag := one_line(item))),
        version=manifest.version,
    )


def checked_id(workflow_id: str) -> str:
    """The id, or BAD_REQUEST when it could not stand in a URL or name a folder."""
    if not is_workflow_id(workflow_id):
        raise _refusal(
            f"{workflow_id!r} cannot be the id of a workflow: it is made of small letters, digits, "
            f"'-', '_' and '.', at most {_LONGEST_ID}"
        )
    return workflow_id


def is_workflow_id(text: str) -> bool:
    """Whether there could be a workflow with this id."""
    return len(text) <= _LONGEST_ID and _ID.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """The name without spaces around it; BAD_REQUEST when nothing or too much is left."""
    name = one_line(name)
    if not name or len(name) > _LONGEST_NAME:
        raise _refusal(f"a workflow's name has 1 to {_LONGEST_NAME} characters")
    return name


def one_line(text: str) -> str:
    """Without control characters, and with single spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def id_from(name: str) -> str:
    """`My Portrait (2)` -> `my-portrait-2`."""
    return _NOT_IN_IDS.sub("-", name.lower())[:_LONGEST_ID].strip("-") or "workflow"


def _plain(
    source: Source, workflow_id: str | None, name: str | None, tags: tuple[str, ...]
) -> Draft:
    found = source.files.get("workflow.json")
    if found is None and len(source.files) == 1:
        found = next(iter(source.files.values()))
    if found is None:
        raise _refusal(f"{source.name} has neither manifest.yaml nor workflow.json")
    read = read_workflow_file(found)
    stem = PurePosixPath(source.name).stem or source.name
    return Draft(
        id=checked_id(workflow_id or id_from(name or stem)),
        name=checked_name(name or stem),
        content=Content(prompt=read.prompt, workflow=read.workflow),
        source=one_line(source.name)[:_LONGEST_NAME],
        tags=tags,
    )


def _content(source: Source, text: str, manifest: Manifest) -> Content:
    if manifest.kind is WorkflowKind.DYNAMIC:
        return Content(manifest=text, blocks=_blocks(source, manifest))
    found = source.files.get(manifest.workflow_file)
    if found is None:
        raise _refusal(f"{source.name} has no {manifest.workflow_file}, which its manifest names")
    read = read_workflow_file(found)
    return Content(prompt=read.prompt, workflow=read.workflow, manifest=text)


def _blocks(source: Source, manifest: Manifest) -> dict[str, JsonObject]:
    folder = PurePosixPath(manifest.blocks_dir)
    blocks: dict[str, JsonObject] = {}
    for path, data in sorted(source.files.items()):
        where = PurePosixPath(path)
        if where.suffix == ".json" and where.is_relative_to(folder):
            blocks[str(where.relative_to(folder))] = _block(data, path)
    missing = sorted({name for stage in manifest.pipeline for name in _named(stage)} - {*blocks})
    if missing:
        raise _refusal(f"{source.name} has no block {', '.join(missing)}, which its manifest names")
    return blocks


def _named(stage: Stage) -> Iterator[str]:
    """The files of the blocks that a stage may add."""
    for name in stage.cases.values() if stage.switch else (stage.file or stage.block,):
        yield name if name.endswith(".json") else f"{name}.json"


def _block(data: bytes, path: str) -> JsonObject:
    try:
        value = decode_json(data)
    except AppError as error:
        raise AppError(error.code, f"{path}: {error.message}", error.details) from None
    parse_block(path, value)
    return value if isinstance(value, dict) else {}


def _read_manifest(text: str, where: str) -> Manifest:
    try:
        return read_manifest(text)
    except AppError as error:
        raise AppError(error.code, f"{where}: {error.message}", error.details) from None


def _refusal(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
