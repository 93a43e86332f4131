"""Texts in EXIF data, as JPEG and WebP files carry it."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from greenroom.domain.workflow.reading.texts import Text, decode

_EXIF_FOLDER = 0x8769
_USER_COMMENT = 0x9286
_ASCII, _LONG, _UNDEFINED = 2, 4, 7
_MAX_ENTRIES = 1000
_ByteOrder: TypeAlias = Literal["little", "big"]


def texts(data: bytes) -> Iterator[Text]:
    """Every text of the main folder and the EXIF folder.

    A text of the form `name:value` is given under that name, as ComfyUI writes `prompt:{...}`.
    """
    data = data.removeprefix(b"Exif\0\0")
    orders: dict[bytes, _ByteOrder] = {b"II": "little", b"MM": "big"}
    order = orders.get(data[:2])
    if order is None:
        return
    folders = [int.from_bytes(data[4:8], order)]
    seen: set[int] = set()
    for folder in folders:
        if folder in seen:
            continue
        seen.add(folder)
        for tag, kind, value in _entries(data, folder, order):
            if tag == _EXIF_FOLDER and kind == _LONG:
                folders.append(int.from_bytes(value, order))
            elif kind == _ASCII:
                yield _named(decode(value))
            elif tag == _USER_COMMENT and kind == _UNDEFINED:
                yield _named(_comment(value, order))


def _entries(data: bytes, at: int, order: _ByteOrder) -> Iterator[tuple[int, int, bytes]]:
    count = min(int.from_bytes(data[at : at + 2], order), _MAX_ENTRIES)
    for index in range(count):
        entry = data[at + 2 + 12 * index : at + 14 + 12 * index]
        if len(entry) < 12:
            return
        kind = int.from_bytes(entry[2:4], order)
        size = int.from_bytes(entry[4:8], order) * (4 if kind == _LONG else 1)
        value = entry[8:12]
        if size > 4:
            start = int.from_bytes(value, order)
            value = data[start : start + size]
        yield int.from_bytes(entry[:2], order), kind, value[:size]


def _comment(value: bytes, order: _ByteOrder) -> str:
    charset, body = value[:8], value[8:]
    if charset.startswith(b"UNICODE"):
        return body.decode("utf-16-le" if order == "little" else "utf-16-be", "replace")
    return decode(body)


def _named(text: str) -> Text:
    name, separator, value = text.partition(":")
    if separator and name.strip().isidentifier():
        return Text(name.strip(), value)
    return Text("comment", text)
