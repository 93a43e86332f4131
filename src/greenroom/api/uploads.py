"""Read a multipart form: small fields as text, the file to a spool, never whole in memory."""

import asyncio
import contextlib
import errno
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import IO

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from greenroom.domain.errors import AppError, ErrorCode

_CHUNK = 1024 * 1024
_IN_MEMORY = 1024 * 1024
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


@dataclass
class Spool:
    """An uploaded file; up to 1 MiB of it lies in memory, the rest on disk."""

    filename: str | None
    size: int
    """Bytes."""
    file: IO[bytes]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.to_thread(self.file.seek, 0)
        while chunk := await asyncio.to_thread(self.file.read, _CHUNK):
            yield chunk


@dataclass
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Spool] = field(default_factory=dict)
    repeated: dict[str, list[str]] = field(default_factory=dict)
    """Every value of each field, in the order in which they came."""


@contextlib.asynccontextmanager
async def read_form(
    request: web.Request, limit: int, *, repeated: bool = False
) -> AsyncIterator[Form]:
    """The form, with its spools until the end of the block.

    With `repeated`, a second file of one field goes under the field's name and a number.
    BAD_REQUEST when it is no form or breaks off, TOO_LARGE when its files exceed `limit` bytes.
    """
    form = Form()
    try:
        await _fill(form, request, limit, repeated=repeated)
        yield form
    finally:
        for spool in form.files.values():
            spool.file.close()


async def _fill(form: Form, request: web.Request, limit: int, *, repeated: bool) -> None:
    if request.content_type != "multipart/form-data":
        return
    try:
        async for part in await request.multipart():
            await _add(form, part, limit, repeated=repeated)
    except _BROKEN as error:
        raise AppError(ErrorCode.BAD_REQUEST, "The form is broken or incomplete.") from error


async def _add(form: Form, part: object, limit: int, *, repeated: bool) -> None:
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
    used = sum(spool.size for spool in form.files.values())
    form.files[name] = await _spool(part, limit - used)


async def _text(part: BodyPartReader) -> str:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > _LONGEST_FIELD:
            raise AppError(ErrorCode.TOO_LARGE, "A field of the form is too long.")
    return data.decode()


def _no_room(error: OSError) -> AppError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return AppError(ErrorCode.STORAGE_FULL, "The server's disk is full.")
    return AppError(ErrorCode.STORAGE_UNAVAILABLE, "The upload could not be kept.")


def _refuse_more_than(left: int, size: int) -> None:
    if size > left:
        raise AppError(ErrorCode.TOO_LARGE, "The upload is larger than the server accepts.")


async def _spool(part: BodyPartReader, left: int) -> Spool:
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by read_form
    size = 0
    try:
        while chunk := await part.read_chunk(_CHUNK):
            size += len(chunk)
            _refuse_more_than(left, size)
            if size > _IN_MEMORY:
                await asyncio.to_thread(file.write, chunk)
            else:
                file.write(chunk)
    except OSError as error:
        file.close()
        raise _no_room(error) from error
    except BaseException:
        file.close()
        raise
    return Spool(part.filename, size, file)
