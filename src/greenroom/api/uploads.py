"""Read a multipart form: small fields as text, files to where they can stay."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from greenroom.api.context import Call
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.assets import Assets, Landing

_CHUNK = 1024 * 1024
_LONGEST_FIELD = 1024 * 1024
_MOST_FIELDS = 64
_BROKEN = (
    ValueError,
    web.HTTPException,
    HttpProcessingError,
    EOFError,
    RuntimeError,
    AssertionError,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """An uploaded file."""

    filename: str | None
    landing: Landing


@dataclass
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Sent] = field(default_factory=dict)
    repeated: dict[str, list[str]] = field(default_factory=dict)
    """Every value of each field, in the order in which they came."""


@contextlib.asynccontextmanager
async def read_form(call: Call, limit: int, *, repeated: bool = False) -> AsyncIterator[Form]:
    """The form, with its files until the end of the block.

    With `repeated`, a second file of one field goes under the field's name and a number.
    BAD_REQUEST when it is no form or breaks off, TOO_LARGE when its files exceed `limit` bytes.
    """
    form = Form()
    try:
        await _fill(form, call, limit, repeated=repeated)
        yield form
    finally:
        for sent in form.files.values():
            await sent.landing.close()


async def _fill(form: Form, call: Call, limit: int, *, repeated: bool) -> None:
    if call.request.content_type != "multipart/form-data":
        return
    try:
        async for part in await call.request.multipart():
            await _add(form, part, call.services.assets, limit, repeated=repeated)
    except _BROKEN as error:
        raise AppError(ErrorCode.BAD_REQUEST, "The form is broken or incomplete.") from error


async def _add(form: Form, part: object, assets: Assets, limit: int, *, repeated: bool) -> None:
    if not isinstance(part, BodyPartReader) or part.name is None:
        raise AppError(ErrorCode.BAD_REQUEST, "The form cannot be read.")
    name = part.name
    count = sum(len(values) for values in form.repeated.values()) + len(form.files)
    if repeated and name in form.files:
        name = f"{name}#{count}"
    if count >= _MOST_FIELDS or name in form.files:
        raise AppError(ErrorCode.BAD_REQUEST, "The form has too many fields.")
    if part.filename is None:
        form.fields[name] = await _text(part)
        form.repeated.setdefault(part.name, []).append(form.fields[name])
        return
    left = limit - sum(sent.landing.size for sent in form.files.values())
    form.files[name] = Sent(part.filename, assets.land())
    await _take(part, form.files[name].landing, left)


async def _text(part: BodyPartReader) -> str:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > _LONGEST_FIELD:
            raise AppError(ErrorCode.TOO_LARGE, "A field of the form is too long.")
    return data.decode()


def _refuse_more_than(left: int, size: int) -> None:
    if size > left:
        raise AppError(ErrorCode.TOO_LARGE, "The upload is larger than the server accepts.")


async def _take(part: BodyPartReader, landing: Landing, left: int) -> None:
    while chunk := await part.read_chunk(_CHUNK):
        _refuse_more_than(left, landing.size + len(chunk))
        await landing.add(chunk)
    await landing.end()
