"""Named texts found inside files, and the bounds that every reader keeps to."""

import zlib
from typing import NamedTuple

from greenroom.domain.errors import AppError, ErrorCode

MAX_TEXT = 32 * 2**20
"""Most bytes of one text, unpacked."""
MAX_PARTS = 100_000
"""Most chunks, atoms, tags or pages that are looked at in one file."""


class Text(NamedTuple):
    """A text under the name that the file gives it: `prompt`, `workflow`, `comment`, ..."""

    name: str
    value: str


def too_large(what: str) -> AppError:
    return AppError(ErrorCode.TOO_LARGE, f"{what} is larger than {MAX_TEXT // 2**20} MiB")


def inflate(data: bytes) -> str:
    """A zlib-compressed text; TOO_LARGE when it unpacks to more than MAX_TEXT, "" when broken."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, MAX_TEXT)
    except zlib.error:
        return ""
    if unpacker.unconsumed_tail:
        raise too_large("a compressed text")
    return decode(unpacked)


def decode(data: bytes) -> str:
    """Bytes of a text, UTF-8 if they can be, else Latin-1; TOO_LARGE beyond MAX_TEXT."""
    if len(data) > MAX_TEXT:
        raise too_large("a text")
    data = data.rstrip(b"\0")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
