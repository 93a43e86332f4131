"""/api/upload and /api/files: pictures into the input folder, masks, and the layers of a mask."""

import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import web

from greenroom.api.cloud.parameters import bad
from greenroom.api.cloud.picture_limits import LARGEST_FILE, require_fitting
from greenroom.api.cloud.view import located
from greenroom.api.comfy.pictures import Pictures
from greenroom.api.context import Call
from greenroom.api.uploads import Form, Sent, read_form
from greenroom.api.wire import json_response
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.service.asset_library import Change
from greenroom.service.assets import FileName

_LAYER = re.compile(r"clipspace-(?P<layer>mask|paint|painted|painted-masked)-(?P<rest>\d+\.\w+)")
_LAYERS = {
    "mask": "mask",
    "paint": "paint",
    "painted": "painted",
    "painted_masked": "painted-masked",
}
"""What the editor of masks calls its four layers -> how it names their files."""


class Uploads:
    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    async def image(self, call: Call) -> web.StreamResponse:
        """A taken name becomes `name (1).ext`: what is there is never replaced."""
        async with read_form(call, LARGEST_FILE) as form:
            sent = _picture(form)
            await require_fitting(sent.landing.file, _name(sent).name)
            asset = await call.services.assets.upload(
                call.principal, _name(sent), sent.landing, overwrite=False
            )
        return json_response(_told(asset, form))

    async def mask(self, call: Call) -> web.StreamResponse:
        """The original with the transparency of the upload."""
        async with read_form(call, LARGEST_FILE) as form:
            sent = _picture(form)
            original = await _original(call, form)
            path = call.services.assets.local_path(original)
            await require_fitting(sent.landing.file, "mask.png")
            await require_fitting(path, "original.png")
            data = await self._pictures.lay_mask(path, sent.landing.file)
            asset = await call.services.assets.upload(
                call.principal, _name(sent), _Once(data), overwrite=False
            )
        metadata: JsonObject = {
            "is_mask": True,
            "original_hash": f"blake3:{original.blob}",
            "mask_type": "painted_masked",
            "related_files": await _related(call, asset),
        }
        await call.services.asset_library.change(
            call.principal, asset.id, Change(metadata=metadata)
        )
        return json_response({**_told(asset, form), "metadata": metadata})


async def mask_layers(call: Call) -> web.StreamResponse:
    """The names of all layers of a mask, whichever of them is named. NOT_FOUND."""
    try:
        asset = await located(call)
    except AppError as error:
        raise AppError(ErrorCode.NOT_FOUND, error.message) from error
    found: dict[str, JsonValue] = dict.fromkeys(_LAYERS)
    if asset.metadata.get("is_mask") is True:
        found["painted_masked"] = asset.name
    elif _LAYER.fullmatch(asset.name) is None:
        raise AppError(ErrorCode.NOT_FOUND, "This file is no layer of a mask.")
    return json_response({**found, **await _related(call, asset)})


class _Once:
    """Bytes at hand, as a stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data


def _picture(form: Form) -> Sent:
    sent = form.files.get("image")
    if sent is None:
        raise bad("The form has no file called 'image'.")
    return sent


def _name(sent: Sent) -> FileName:
    name = (sent.filename or "").replace("\\", "/").rpartition("/")[2]
    return FileName.checked(Root.INPUT, "", name)


async def _original(call: Call, form: Form) -> Asset:
    try:
        ref: Any = msgspec.json.decode(form.fields.get("original_ref", ""))
    except msgspec.DecodeError as error:
        raise bad("'original_ref' must be a JSON object.") from error
    if not isinstance(ref, dict) or not isinstance(ref.get("filename"), str):
        raise bad("'original_ref' must name a file.")
    try:
        place = FileName.checked(
            Root(str(ref.get("type") or "output")), str(ref.get("subfolder") or ""), ref["filename"]
        )
    except (AppError, ValueError):
        place = None
    try:
        return await call.services.content_names.locate(call.principal, ref["filename"], place)
    except AppError as error:
        raise AppError(ErrorCode.BAD_REQUEST, "The original is not there.") from error


async def _related(call: Call, asset: Asset) -> dict[str, JsonValue]:
    """Layer -> name of the files that the editor saved together with this one."""
    matched = _LAYER.fullmatch(asset.name)
    if matched is None:
        return {}
    wanted = {
        layer: FileName(asset.root, asset.subfolder, f"clipspace-{word}-{matched['rest']}")
        for layer, word in _LAYERS.items()
    }
    there = await call.services.assets.existing(call.principal, wanted.values())
    return {layer: name.name for layer, name in wanted.items() if name in there}


def _told(asset: Asset, form: Form) -> dict[str, JsonValue]:
    """A folder and a type are given back as they came, for the client's own order."""
    return {
        "name": asset.name,
        "subfolder": form.fields.get("subfolder", ""),
        "type": form.fields.get("type") or asset.root.value,
    }
