"""Texts in WebM and Matroska files: the tags of the segment."""

from collections.abc import Iterator
from typing import NamedTuple

from greenroom.domain.workflow.reading.texts import MAX_PARTS, Text, decode

MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_TAGS, _TAG, _SIMPLE_TAG, _NAME, _STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_HOLDERS = frozenset({_SEGMENT, _TAGS, _TAG})


class _Element(NamedTuple):
    id: int
    start: int
    end: int
    open: bool
    """Whether the file leaves its size unknown."""


def texts(data: bytes) -> Iterator[Text]:
    waiting = [(0, len(data))]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        start, end = waiting.pop(0)
        for element in _elements(data, start, end):
            if element.id in _HOLDERS or (element.id == _CLUSTER and element.open):
                waiting.append((element.start, element.end))
            elif element.id == _SIMPLE_TAG:
                yield from _simple_tag(data, element)


def _simple_tag(data: bytes, tag: _Element) -> Iterator[Text]:
    name = value = ""
    for element in _elements(data, tag.start, tag.end):
        if element.id == _NAME:
            name = decode(data[element.start : element.end])
        elif element.id == _STRING:
            value = decode(data[element.start : element.end])
    if value:
        yield Text(name.lower(), value)


def _elements(data: bytes, at: int, end: int) -> Iterator[_Element]:
    for _ in range(MAX_PARTS):
        if at >= end:
            return
        width = _width(data[at], 4)
        if width == 0 or at + width >= end:
            return
        element = int.from_bytes(data[at : at + width])
        at += width
        width = _width(data[at], 8)
        if width == 0 or at + width > end:
            return
        size = int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)
        at += width
        unknown = size == (1 << 7 * width) - 1
        stop = end if unknown else at + size
        if stop > end:
            return
        yield _Element(element, at, stop, unknown)
        at = stop


def _width(first: int, most: int) -> int:
    """How many bytes a number takes, said by the place of the first bit of its first byte."""
    width = 9 - first.bit_length()
    return width if width <= most else 0
