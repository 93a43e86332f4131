"""Texts in PNG files: tEXt, zTXt, iTXt, and the chunk of animated ones."""

from collections.abc import Iterator

from greenroom.domain.workflow.reading.texts import MAX_PARTS, Text, decode, inflate

MAGIC = b"\x89PNG\r\n\x1a\n"


def texts(data: bytes) -> Iterator[Text]:
    """Every text chunk, in order; a file that is cut off gives what it still has."""
    at = len(MAGIC)
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        if kind in _READERS and at + 8 + length <= len(data):
            found = _text(kind, data[at + 8 : at + 8 + length])
            if found is not None:
                yield found
        at += 12 + length


def _text(kind: bytes, body: bytes) -> Text | None:
    name, separator, rest = body.partition(b"\0")
    if not separator:
        return None
    if kind == b"zTXt":
        return Text(decode(name), inflate(rest[1:]))
    if kind == b"iTXt":
        return _international(decode(name), rest)
    return Text(decode(name), decode(rest))


def _international(name: str, rest: bytes) -> Text | None:
    # flag, method, language, 0, translated name, 0, text
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) < 3:
        return None
    return Text(name, inflate(parts[2]) if rest[0] else decode(parts[2]))


_READERS = frozenset({b"tEXt", b"zTXt", b"iTXt", b"comf"})
