"""/object_info: the node classes of the fleet, with the caller's own files as options."""

import asyncio
import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.media_types import media_type
from greenroom.api.wire import encode, json_bytes, json_response
from greenroom.domain.asset import Root
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonObject, JsonValue

_OFFERED = {
    "image_upload": ("image",),
    "animated_image_upload": ("image",),
    "video_upload": ("video",),
    "audio_upload": ("audio", "video"),
}
"""Which kinds of files an input offers that has this mark."""

_MOST_PAGES = 32
"""Tenants whose answers are kept ready; each may be some megabytes."""


def _as_it_is(definition: JsonValue) -> JsonValue:
    return definition


@dataclass(frozen=True, slots=True)
class _Page:
    """The whole answer for one tenant, as long as nodes and files stay the same."""

    revision: int
    files: tuple[str, ...]
    body: bytes


class ObjectInfoPages:
    def __init__(self, worded: Callable[[JsonValue], JsonValue] = _as_it_is) -> None:
        """`worded` makes of a definition what the dialect tells."""
        self._worded = worded
        self._pages: dict[TenantId, _Page] = {}
        self._plain: tuple[int, dict[str, bytes]] = (-1, {})
        """Per revision: class name -> its definition as JSON, where it lists no files."""

    async def show(self, call: Call) -> web.StreamResponse:
        page = await self._page(call)
        if "gzip" not in call.request.headers.get("Accept-Encoding", ""):
            return json_bytes(page.body)
        packed = await asyncio.to_thread(gzip.compress, page.body, 1)
        response = json_bytes(packed)
        response.headers["Content-Encoding"] = "gzip"
        return response

    async def show_one(self, call: Call) -> web.StreamResponse:
        """The class alone; an empty object when no worker has it."""
        name = call.part("node_class")
        definition = call.services.nodes.definitions().get(name)
        if definition is None:
            return json_response({})
        if lists_files(definition):
            files = await call.services.assets.names(call.principal, Root.INPUT)
            definition = with_files(definition, files)
        return json_response({name: self._worded(definition)})

    async def _page(self, call: Call) -> _Page:
        nodes = call.services.nodes
        files = tuple(await call.services.assets.names(call.principal, Root.INPUT))
        # Both are taken before the next wait, in which a worker may bring new nodes.
        revision, definitions = nodes.revision, nodes.definitions()
        known = self._pages.get(call.principal.tenant)
        if known is not None and (known.revision, known.files) == (revision, files):
            return known
        body = await asyncio.to_thread(self._encode, revision, definitions, files)
        page = _Page(revision, files, body)
        self._pages.pop(call.principal.tenant, None)
        self._pages[call.principal.tenant] = page
        if len(self._pages) > _MOST_PAGES:
            del self._pages[next(iter(self._pages))]
        return page

    def _encode(self, revision: int, definitions: JsonObject, files: tuple[str, ...]) -> bytes:
        """Only the definitions that list files are encoded anew."""
        known, plain = self._plain
        if known != revision:
            plain = {
                name: encode(self._worded(definition))
                for name, definition in definitions.items()
                if not lists_files(definition)
            }
            self._plain = (revision, plain)
        parts = {
            name: msgspec.Raw(plain[name])
            if name in plain
            else self._worded(with_files(definition, files))
            for name, definition in definitions.items()
        }
        return encode(parts)


def lists_files(definition: JsonValue) -> bool:
    """Whether an input of the class offers the files of the input folder."""
    return any(_offers_files(spec) for _, _, spec in _inputs(definition))


def with_files(definition: JsonValue, files: Iterable[str]) -> JsonValue:
    """The definition with `files` as the options of its file inputs."""
    inputs = definition.get("input") if isinstance(definition, Mapping) else None
    if not isinstance(definition, Mapping) or not isinstance(inputs, Mapping):
        return definition
    sections: dict[str, Any] = dict(inputs)
    for section, name, spec in _inputs(definition):
        if _offers_files(spec):
            sections[section] = {**sections[section], name: _filled(spec, files)}
    return {**definition, "input": sections}


def _inputs(definition: JsonValue) -> list[tuple[str, str, list[Any]]]:
    inputs = definition.get("input") if isinstance(definition, Mapping) else None
    if not isinstance(inputs, Mapping):
        return []
    return [
        (section, name, spec)
        for section, specs in inputs.items()
        if isinstance(specs, Mapping)
        for name, spec in specs.items()
        if isinstance(spec, list) and spec
    ]


def _offers_files(spec: list[Any]) -> bool:
    return bool(_kinds(spec))


def _kinds(spec: list[Any]) -> tuple[str, ...]:
    """The kinds of files that a choice offers; none for an input that is no such choice."""
    options = spec[1] if len(spec) > 1 else None
    if not isinstance(options, Mapping) or options.get("image_folder", "input") != "input":
        return ()
    if spec[0] != "COMBO" and not isinstance(spec[0], list):
        return ()
    return next((kinds for mark, kinds in _OFFERED.items() if options.get(mark) is True), ())


def _filled(spec: list[Any], files: Iterable[str]) -> list[Any]:
    kinds = _kinds(spec)
    offered = sorted(
        name for name in files if "/" not in name and media_type(name).partition("/")[0] in kinds
    )
    if isinstance(spec[0], list):
        return [offered, *spec[1:]]
    return [spec[0], {**spec[1], "options": offered}, *spec[2:]]
