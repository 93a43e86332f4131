"""/upload/image and /upload/mask: put files into the roots."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import web

from greenroom.api.comfy.pictures import Pictures
from greenroom.api.context import Call
from greenroom.api.native import names
from greenroom.api.uploads import Form, Sent, read_form
from greenroom.api.wire import json_response
from greenroom.domain.asset import Asset
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.assets import FileName


class Uploads:
    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    async def image(self, call: Call) -> web.StreamResponse:
        async with read_form(call, call.services.policy.upload_limit) as form:
            sent, name = _wanted(form)
            await _refuse_new_folder(call, sent, name)
            asset = await call.services.assets.upload(
                call.principal,
                name,
                sent.landing,
                overwrite=form.fields.get("overwrite") in {"true", "1"},
            )
        return _named(asset, form, sent)

    async def mask(self, call: Call) -> web.StreamResponse:
        """The original picture with the transparency of the upload, under the upload's name.

        Without an original nothing is stored, and the answer is the name all the same.
        """
        async with read_form(call, call.services.policy.upload_limit) as form:
            sent, name = _wanted(form)
            original = await _original(call, form)
            if original is None:
                return _answer(form, _text_of(sent), name.root)
            data = await self._pictures.lay_mask(
                call.services.assets.local_path(original), sent.landing.file
            )
            fresh = await _fresh_name(call, name)
            asset = await call.services.assets.upload(
                call.principal, fresh, _Once(data), overwrite=False
            )
        return _named(asset, form, sent)


class _Once:
    """Bytes at hand, as a stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data


def _wanted(form: Form) -> tuple[Sent, FileName]:
    sent = form.files.get("image")
    if sent is None:
        raise AppError(ErrorCode.BAD_REQUEST, "The form has no file called image.")
    root = form.fields.get("type", "input")
    name = names.uploaded(root, form.fields.get("subfolder", ""), _text_of(sent))
    return sent, name


def _text_of(sent: Sent) -> str:
    if not sent.filename:
        raise AppError(ErrorCode.BAD_REQUEST, "The file has no name.")
    return sent.filename


async def _refuse_new_folder(call: Call, sent: Sent, name: FileName) -> None:
    """A folder in front of the file's name must be there already; only `subfolder` makes one."""
    if "/" not in _text_of(sent) or not name.subfolder:
        return
    if not await call.services.assets.folder_exists(call.principal, name.root, name.subfolder):
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no folder {name.subfolder!r}.")


async def _original(call: Call, form: Form) -> Asset | None:
    """The picture that `original_ref` names; it lies in the output folder unless it says more."""
    try:
        ref: Any = msgspec.json.decode(form.fields.get("original_ref", ""))
    except msgspec.DecodeError as error:
        message = "original_ref must be a JSON object."
        raise AppError(ErrorCode.BAD_REQUEST, message) from error
    if not isinstance(ref, dict) or not isinstance(ref.get("filename"), str):
        raise AppError(ErrorCode.BAD_REQUEST, "original_ref must name a file.")
    try:
        name = names.viewed(
            ref["filename"], str(ref.get("type", "output")), str(ref.get("subfolder") or "")
        )
    except AppError:
        return None
    return await call.services.assets.find(call.principal, name)


async def _fresh_name(call: Call, name: FileName) -> FileName:
    """A mask never takes the place of a file, not even of an equal one."""
    stem, dot, suffix = name.name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name.name, "")
    candidate, count = name, 0
    while await call.services.assets.find(call.principal, candidate) is not None:
        count += 1
        candidate = FileName(name.root, name.subfolder, f"{stem} ({count}){suffix}")
    return candidate


def _named(asset: Asset, form: Form, sent: Sent) -> web.Response:
    """The name as it was sent, folders included, with the ending that the server chose."""
    folder, slash, _ = _text_of(sent).rpartition("/")
    return _answer(form, folder + slash + asset.name, asset.root)


def _answer(form: Form, name: str, root: str) -> web.Response:
    subfolder = form.fields.get("subfolder", "")
    return json_response({"name": name, "subfolder": subfolder, "type": root})
