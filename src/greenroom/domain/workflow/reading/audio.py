"""Texts in FLAC, Ogg (Opus, Vorbis) and MP3 files."""

from collections.abc import Iterator

from greenroom.domain.workflow.reading.texts import MAX_PARTS, MAX_TEXT, Text, decode, too_large

FLAC_MAGIC, OGG_MAGIC, ID3_MAGIC = b"fLaC", b"OggS", b"ID3"
_COMMENT_BLOCK = 4
_UTF16 = frozenset({1, 2})


def flac_texts(data: bytes) -> Iterator[Text]:
    at = len(FLAC_MAGIC)
    for _ in range(MAX_PARTS):
        if at + 4 > len(data):
            return
        kind, length = data[at], int.from_bytes(data[at + 1 : at + 4])
        if kind & 0x7F == _COMMENT_BLOCK:
            yield from _vorbis_comments(data[at + 4 : at + 4 + length])
        if kind & 0x80:
            return
        at += 4 + length


def ogg_texts(data: bytes) -> Iterator[Text]:
    """The comments of the first stream: its second packet."""
    packets = _packets(data)
    next(packets, b"")
    packet = next(packets, b"")
    for head in (b"OpusTags", b"\x03vorbis"):
        if packet.startswith(head):
            yield from _vorbis_comments(packet.removeprefix(head))


def _packets(data: bytes) -> Iterator[bytes]:
    at, packet = 0, bytearray()
    for _ in range(MAX_PARTS):
        if data[at : at + 4] != OGG_MAGIC or at + 27 > len(data):
            return
        lengths = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(lengths)
        for length in lengths:
            packet += data[at : at + length]
            at += length
            if len(packet) > MAX_TEXT:
                raise too_large("a packet of comments")
            if length < 255:
                yield bytes(packet)
                packet.clear()


def _vorbis_comments(block: bytes) -> Iterator[Text]:
    at = 4 + int.from_bytes(block[:4], "little")
    count = int.from_bytes(block[at : at + 4], "little")
    at += 4
    for _ in range(min(count, MAX_PARTS)):
        length = int.from_bytes(block[at : at + 4], "little")
        name, separator, value = block[at + 4 : at + 4 + length].partition(b"=")
        if separator:
            yield Text(decode(name).lower(), decode(value))
        at += 4 + length


def id3_texts(data: bytes) -> Iterator[Text]:
    """The user-defined texts and comments of an ID3v2.3 or v2.4 tag."""
    version = data[3]
    end = min(10 + _syncsafe(data[6:10]), len(data))
    at = 10
    for _ in range(MAX_PARTS):
        if at + 10 > end or not data[at]:
            return
        kind, size = data[at : at + 4], data[at + 4 : at + 8]
        length = _syncsafe(size) if version >= 4 else int.from_bytes(size)
        body = data[at + 10 : min(at + 10 + length, end)]
        if kind == b"TXXX" and body:
            yield _described(body[0], body[1:])
        elif kind == b"COMM" and len(body) > 4:
            yield Text("comment", _described(body[0], body[4:]).value)
        at += 10 + length


def _described(encoding: int, body: bytes) -> Text:
    if encoding in _UTF16:
        name, _, value = body.decode("utf-16", "replace").partition("\0")
        return Text(name, value.removeprefix("\ufeff").rstrip("\0"))
    head, _, rest = body.partition(b"\0")
    return Text(decode(head), decode(rest))


def _syncsafe(data: bytes) -> int:
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number
