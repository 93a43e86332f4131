"""/object_info: the node classes of the fleet, with the caller's own files as options."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import merge
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.media_types import media_type
from greenroom.api.wire import encode, json_bytes, json_response
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonValue
from greenroom.service.node_info import Nodes

_OFFERED = {
    "image_upload": ("image",),
    "animated_image_upload": ("image",),
    "video_upload": ("video",),
    "audio_upload": ("audio", "video"),
}
"""Which kinds of files an input offers that has this mark."""

_MOST_PAGES = 32
"""Tenants, and deployments, whose answers are kept ready; each may be some megabytes."""
_K = TypeVar("_K")
_T = TypeVar("_T")


def _as_it_is(definition: JsonValue) -> JsonValue:
    return definition


@dataclass(frozen=True, slots=True)
class _Offers:
    """What the file inputs of one tenant offer, as long as the folder stays the same."""

    mark: str
    options: Mapping[tuple[str, ...], msgspec.Raw]
    """Kinds of files -> their names, as JSON."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The whole answer for one tenant, as long as nodes and files stay the same."""

    revision: int
    mark: str
    body: bytes


class ObjectInfoPages:
    def __init__(self, worded: Callable[[JsonValue], JsonValue] = _as_it_is) -> None:
        """`worded` makes of a definition what the dialect tells."""
        self._worded = worded
        self._offered: dict[TenantId, _Offers] = {}
        self._pages: dict[tuple[TenantId, str], _Page] = {}
        self._plain: tuple[int, dict[str, bytes]] = (-1, {})
        """Per revision: class name -> its definition as JSON, where it lists no files."""

    async def show(self, call: Call) -> web.StreamResponse:
        return await self._answer(call, await self._page(call, "", call.services.nodes.fleet()))

    async def show_of(self, call: Call, name: str, nodes: Nodes) -> web.StreamResponse:
        """What some workers know, which the caller calls by the name."""
        return await self._answer(call, await self._page(call, name, nodes))

    async def _answer(self, call: Call, page: _Page) -> web.StreamResponse:
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
            offers = await self._offers(call)
            definition = with_files(definition, offers.options)
        return json_response({name: self._worded(definition)})

    async def _offers(self, call: Call) -> _Offers:
        assets, tenant = call.services.assets, call.principal.tenant
        known = self._offered.get(tenant)
        if known is not None and known.mark == await assets.inputs_mark(call.principal):
            return known
        inputs = await assets.inputs(call.principal)
        offers = _Offers(inputs.mark, await asyncio.to_thread(_options, inputs.names))
        _keep(self._offered, tenant, offers)
        return offers

    async def _page(self, call: Call, name: str, nodes: Nodes) -> _Page:
        offers = await self._offers(call)
        place = (call.principal.tenant, name)
        known = self._pages.get(place)
        if known is not None and (known.revision, known.mark) == (nodes.revision, offers.mark):
            return known
        body = await asyncio.to_thread(self._encode, nodes, offers)
        page = _Page(nodes.revision, offers.mark, body)
        _keep(self._pages, place, page)
        return page

    def _encode(self, nodes: Nodes, offers: _Offers) -> bytes:
        """Only the definitions that list files are encoded anew."""
        definitions = nodes.view.raw
        known, plain = self._plain
        if known != nodes.revision:
            plain = {
                name: encode(self._worded(definition))
                for name, definition in definitions.items()
                if not lists_files(definition)
            }
            self._plain = (nodes.revision, plain)
        parts = {
            name: msgspec.Raw(plain[name])
            if name in plain
            else self._worded(with_files(definition, offers.options))
            for name, definition in definitions.items()
        }
        return encode(parts)


def _keep(cache: dict[_K, _T], key: _K, value: _T) -> None:
    cache.pop(key, None)
    cache[key] = value
    if len(cache) > _MOST_PAGES:
        del cache[next(iter(cache))]


def _options(names: list[str]) -> dict[tuple[str, ...], msgspec.Raw]:
    """The names of each group of kinds; `names` are sorted, and may be a million."""
    kind_of: dict[str, str] = {}
    by_kind: dict[str, list[str]] = {}
    for name in names:
        ending = name.rpartition(".")[2]
        if ending not in kind_of:
            kind_of[ending] = media_type(name).partition("/")[0]
        by_kind.setdefault(kind_of[ending], []).append(name)
    return {
        kinds: msgspec.Raw(encode(list(merge(*(by_kind.get(kind, ()) for kind in kinds)))))
        for kinds in set(_OFFERED.values())
    }


def lists_files(definition: JsonValue) -> bool:
    """Whether an input of the class offers the files of the input folder."""
    return any(_offers_files(spec) for _, _, spec in _inputs(definition))


def with_files(definition: JsonValue, offered: Mapping[tuple[str, ...], msgspec.Raw]) -> JsonValue:
    """The definition with the files of the right kinds as the options of its file inputs."""
    inputs = definition.get("input") if isinstance(definition, Mapping) else None
    if not isinstance(definition, Mapping) or not isinstance(inputs, Mapping):
        return definition
    sections: dict[str, Any] = dict(inputs)
    for section, name, spec in _inputs(definition):
        if _offers_files(spec):
            sections[section] = {**sections[section], name: _filled(spec, offered)}
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


def _filled(spec: list[Any], offered: Mapping[tuple[str, ...], msgspec.Raw]) -> list[Any]:
    options = offered[_kinds(spec)]
    if isinstance(spec[0], list):
        return [options, *spec[1:]]
    return [spec[0], {**spec[1], "options": options}, *spec[2:]]
