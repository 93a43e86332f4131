"""Texts in WebP and JPEG files."""

from collections.abc import Iterator

from greenroom.domain.workflow.reading import exif
from greenroom.domain.workflow.reading.texts import MAX_PARTS, Text, decode

JPEG_MAGIC = b"\xff\xd8\xff"
_APP1, _COMMENT, _SCAN, _END = 0xE1, 0xFE, 0xDA, 0xD9


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def webp_texts(data: bytes) -> Iterator[Text]:
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            yield from exif.texts(data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2


def jpeg_texts(data: bytes) -> Iterator[Text]:
    at = 2
    for _ in range(MAX_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] in {_SCAN, _END}:
            return
        length = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if data[at + 1] == _APP1 and body.startswith(b"Exif\0\0"):
            yield from exif.texts(body)
        elif data[at + 1] == _COMMENT:
            yield Text("comment", decode(body))
        at += 2 + max(length, 2)
