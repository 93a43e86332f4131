"""Texts in MP4 and MOV files: the metadata atoms, without touching the media."""

from collections.abc import Iterator

from greenroom.domain.workflow.reading.texts import MAX_PARTS, Text, decode

_HOLDERS = frozenset({b"moov", b"udta"})
_COMMENT = b"\xa9cmt"


def is_mp4(data: bytes) -> bool:
    return data[4:8] in {b"ftyp", b"moov", b"wide", b"mdat", b"free"}


def texts(data: bytes) -> Iterator[Text]:
    """Every text under moov, in whichever of the usual forms it is kept."""
    waiting = [(0, len(data))]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        start, end = waiting.pop()
        for kind, first, last in _atoms(data, start, end):
            if kind in _HOLDERS:
                waiting.append((first, last))
            elif kind == b"meta":
                yield from _meta(data, first, last)
            elif kind == _COMMENT:
                # QuickTime's own form: length, language, text
                yield Text("comment", decode(data[first + 4 : last]))


def _atoms(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of the body, end) of each atom that begins and ends in the range."""
    for _ in range(MAX_PARTS):
        if start + 8 > end:
            return
        size, head = int.from_bytes(data[start : start + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16]), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield data[start + 4 : start + 8], start + head, start + size
        start += size


def _meta(data: bytes, start: int, end: int) -> Iterator[Text]:
    # ISO files put four bytes of version and flags in front, QuickTime ones do not.
    if data[start + 4 : start + 8] != b"hdlr":
        start += 4
    names: list[str] = []
    for kind, first, last in _atoms(data, start, end):
        if kind == b"keys":
            names = list(_keys(data, first + 8, last))
        elif kind == b"ilst":
            yield from _items(data, first, last, names)


def _keys(data: bytes, start: int, end: int) -> Iterator[str]:
    for _, first, last in _atoms(data, start, end):
        yield decode(data[first:last])


def _items(data: bytes, start: int, end: int, names: list[str]) -> Iterator[Text]:
    for kind, first, last in _atoms(data, start, end):
        index = int.from_bytes(kind)
        name = names[index - 1] if 0 < index <= len(names) else "comment"
        value: str | None = None
        for inner, body, stop in _atoms(data, first, last):
            if inner == b"name":
                name = decode(data[body + 4 : stop])
            elif inner == b"data":
                # type indicator and locale stand before the text
                value = decode(data[body + 8 : stop])
        if value is not None:
            yield Text(name, value)
