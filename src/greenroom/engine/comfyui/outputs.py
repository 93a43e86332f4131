"""Brings one output file of ComfyUI to this machine."""

import asyncio
import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePath

import aiohttp

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonValue
from greenroom.engine.base import EngineError
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.http import ComfyHttp, Unreachable
from greenroom.engine.comfyui.timing import Timing

_ATTEMPTS = 6
_CHUNK = 1 << 20
_PARTIAL, _NOT_SATISFIABLE = 206, 416


class Downloads:
    """Fetches through /view, or from a folder shared with ComfyUI."""

    def __init__(self, http: ComfyHttp, timing: Timing, folders: Mapping[str, Path]) -> None:
        self._http = http
        self._timing = timing
        self._folders = folders
        self._numbers = itertools.count(1)

    async def fetch(self, item: Mapping[str, JsonValue], scratch: Path) -> Path:
        """EngineError UPLOAD_FAILED when ComfyUI does not have the file whole."""
        wanted = _wanted(item)
        name = wanted["filename"]
        if not name:
            raise _failed(f"an output without a file name: {dict(item)}")
        # ComfyUI's name is not to be trusted with a path of ours: only its suffix is kept.
        target = scratch / f"{next(self._numbers)}{PurePath(name).suffix}"
        if folder := self._folders.get(wanted["type"] or "output"):
            await asyncio.to_thread(_copy, folder, wanted, target)
        else:
            await _Download(self._http, self._timing, wanted, target).complete()
        return target

    async def has(self, item: Mapping[str, JsonValue]) -> bool:
        """Whether ComfyUI still has the file. Unreachable, Refused."""
        wanted = _wanted(item)
        if folder := self._folders.get(wanted["type"] or "output"):
            path = folder / wanted["subfolder"] / wanted["filename"]
            return await asyncio.to_thread(path.is_file)
        return await self._http.has_file(wanted)


class _Download:
    """One file, in as many pieces as the connection takes."""

    def __init__(
        self, http: ComfyHttp, timing: Timing, wanted: Mapping[str, str], target: Path
    ) -> None:
        self._http = http
        self._timing = timing
        self._wanted = wanted
        self._target = target
        self._have = 0
        self._size: int | None = None
        self._tag: str | None = None

    async def complete(self) -> None:
        trouble = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._timing.retry * 2 ** (attempt - 1))
            try:
                await self._read()
            except Unreachable as unreachable:
                trouble = unreachable.reason
            if self._size is not None and self._have == self._size:
                return
        name = self._wanted["filename"]
        if self._size is None:
            raise EngineError(failures.lost(f"output {name} cannot be fetched: {trouble}"))
        raise _failed(f"output {name}: got {self._have} of {self._size} bytes; {trouble}")

    async def _read(self) -> None:
        headers = {}
        if self._have and self._tag:
            headers = {"Range": f"bytes={self._have}-", "If-Range": self._tag}
        async with self._http.view(self._wanted, headers) as answer:
            if answer.status >= 500 or answer.status == _NOT_SATISFIABLE:
                self._tag = None
                raise Unreachable(f"ComfyUI answered {answer.status}")
            if answer.status >= 400:
                name = self._wanted["filename"]
                raise _failed(f"output {name}: ComfyUI answered {answer.status}")
            self._begin(answer)
            await self._save(answer.content)
            if self._size is None:
                self._size = self._have

    def _begin(self, answer: aiohttp.ClientResponse) -> None:
        """Where this piece goes, and how long the whole file is."""
        if answer.status != _PARTIAL:
            self._have = 0
            self._size = answer.content_length
        self._tag = answer.headers.get("ETag")

    async def _save(self, body: aiohttp.StreamReader) -> None:
        """Write what comes, and what had come when the connection broke; little goes at once."""
        waiting = bytearray()
        try:
            async for chunk in body.iter_chunked(_CHUNK):
                waiting += chunk
                if len(waiting) >= _CHUNK:
                    await self._write(waiting)
        finally:
            await self._write(waiting)

    async def _write(self, waiting: bytearray) -> None:
        await asyncio.to_thread(_write_at, self._target, self._have, waiting)
        self._have += len(waiting)
        waiting.clear()


def _write_at(target: Path, place: int, data: bytearray) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("r+b" if place else "wb") as file:
        file.seek(place)
        file.write(data)


def _copy(folder: Path, wanted: Mapping[str, str], target: Path) -> None:
    source = (folder / wanted["subfolder"] / wanted["filename"]).resolve()
    if not source.is_relative_to(folder.resolve()):
        raise _failed(f"output {wanted['filename']} lies outside of {wanted['type']}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise _failed(f"output {wanted['filename']}: {error.strerror}") from error


def _wanted(item: Mapping[str, JsonValue]) -> dict[str, str]:
    return {key: _text(item.get(key)) for key in ("filename", "subfolder", "type")}


def _failed(message: str) -> EngineError:
    return EngineError(Failure(FailureClass.UPLOAD_FAILED, message))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
