"""Brings a run's input files to ComfyUI, and the graph in line with the names they got there."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

import blake3

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.base import EngineError, InputFile, Run
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.http import ComfyHttp, Refused, Unreachable
from greenroom.engine.comfyui.timing import Timing

_ATTEMPTS = 3


class Depot(Protocol):
    """Where input files are put down."""

    async def put(self, file: InputFile, name: str) -> str:
        """Store the file under `name`, or under another if other content has that name."""


class UploadDepot:
    """Through ComfyUI's own upload."""

    def __init__(self, http: ComfyHttp, timing: Timing) -> None:
        self._http = http
        self._timing = timing

    async def put(self, file: InputFile, name: str) -> str:
        for attempt in range(_ATTEMPTS):
            try:
                answer = await self._http.upload(
                    file.path, name=name, subfolder=file.subfolder, root=file.root
                )
            except Unreachable as unreachable:
                if attempt + 1 == _ATTEMPTS:
                    raise EngineError(failures.lost(f"input {name}: {unreachable}")) from None
                await asyncio.sleep(self._timing.retry)
            except Refused as refused:
                raise EngineError(
                    Failure(FailureClass.INVALID_GRAPH, f"input {name}: {refused}")
                ) from refused
            else:
                return answer.name
        raise AssertionError("unreachable")


class FolderDepot:
    """Into folders that this machine shares with ComfyUI."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    async def put(self, file: InputFile, name: str) -> str:
        folder = self._folders.get(file.root)
        if folder is None:
            message = f"input {name}: no shared folder for {file.root}"
            raise EngineError(Failure(FailureClass.INVALID_GRAPH, message))
        return await asyncio.to_thread(_copy, file.path, folder / file.subfolder, name)


class Stager:
    """Remembers which content it gave to which name: other content gets a name of its own."""

    def __init__(self, depot: Depot) -> None:
        self._depot = depot
        self._given: dict[tuple[str, str, str], str] = {}

    async def stage(self, run: Run) -> JsonObject:
        """The run's graph, changed only where a file had to take another name."""
        renamed: dict[str, str] = {}
        for file in run.inputs:
            name = await self._put(file)
            if name != file.name:
                renamed |= _spellings(file, name)
        return _rewritten(run.graph, renamed) if renamed else run.graph

    async def _put(self, file: InputFile) -> str:
        digest = await asyncio.to_thread(_digest, file.path)
        key = (file.root, file.subfolder, file.name)
        if self._given.get(key, digest) != digest:
            return await self._depot.put(file, _own_name(file.name, digest))
        name = await self._depot.put(file, file.name)
        # Foreign content holds the name: an empty digest sends every later file past it.
        self._given[key] = digest if name == file.name else ""
        return name


def _own_name(name: str, digest: str) -> str:
    path = PurePosixPath(name)
    return f"{path.stem}-{digest[:16]}{path.suffix}"


def _spellings(file: InputFile, name: str) -> dict[str, str]:
    """Every way a graph may call the file -> the same way with its new name."""
    old, new = (str(PurePosixPath(file.subfolder, each)) for each in (file.name, name))
    renamed = {f"{old} [{file.root}]": f"{new} [{file.root}]"}
    if file.root == "input":
        renamed[old] = new
    return renamed


def _rewritten(graph: JsonObject, renamed: Mapping[str, str]) -> JsonObject:
    return {node_id: _rewritten_node(node, renamed) for node_id, node in graph.items()}


def _rewritten_node(node: JsonValue, renamed: Mapping[str, str]) -> JsonValue:
    if not isinstance(node, Mapping) or not isinstance(inputs := node.get("inputs"), Mapping):
        return node
    changed = {
        name: renamed.get(value, value) if isinstance(value, str) else value
        for name, value in inputs.items()
    }
    return {**node, "inputs": changed}


def _digest(path: Path) -> str:
    return str(blake3.blake3().update_mmap(path).hexdigest())


def _copy(source: Path, folder: Path, name: str) -> str:
    target = folder / name
    if target.exists():
        digest = _digest(source)
        if _digest(target) == digest:
            return name
        name = _own_name(name, digest)
        target = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.replace(target)
    return name
