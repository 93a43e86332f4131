"""Metadata put into finished PNG and EXR files."""

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

_PNG_HEAD = 8 + 8 + 13 + 4
"""Signature and header chunk: what must come first."""
_EXR_ATTRIBUTES = 8
"""Where an EXR file's attributes begin: after magic number and version."""
_EXR_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 256, 9: 256}
"""Lines in one block, by compression."""
# Red, green, blue and white points on the CIE 1931 plane.
_REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_REC_2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)


def into_png(data: bytes, metadata: Mapping[str, Any]) -> bytes:
    """The file with a text chunk for each key, right after its header."""
    texts = (_png_text(key, json.dumps(value)) for key, value in metadata.items())
    return data[:_PNG_HEAD] + b"".join(texts) + data[_PNG_HEAD:]


def _png_text(key: str, text: str) -> bytes:
    body = b"tEXt" + f"{key}\0{text}".encode("latin-1", "replace")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def into_exr(data: bytes, metadata: Mapping[str, Any], *, wide: bool) -> bytes:
    """The file with a string for each key and its primaries: Rec. 2020 when `wide`, else 709.

    The table behind the attributes holds offsets from the file's start, so all of them move.
    """
    strings = (
        _exr_attribute(key, "string", json.dumps(value).encode()) for key, value in metadata.items()
    )
    points = struct.pack("<8f", *(_REC_2020 if wide else _REC_709))
    added = b"".join(strings) + _exr_attribute("chromaticities", "chromaticities", points)
    end, blocks = _exr_header(data)
    table = end + 1
    pixels = table + 8 * blocks
    offsets = struct.unpack(f"<{blocks}Q", data[table:pixels])
    moved = struct.pack(f"<{blocks}Q", *(offset + len(added) for offset in offsets))
    return data[:end] + added + data[end:table] + moved + data[pixels:]


def _exr_attribute(name: str, kind: str, value: bytes) -> bytes:
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value


def _exr_header(data: bytes) -> tuple[int, int]:
    """Where the attributes end, and how many blocks of lines follow."""
    place, height, compression = _EXR_ATTRIBUTES, 0, 0
    while data[place]:
        name_end = data.index(b"\0", place)
        kind_end = data.index(b"\0", name_end + 1)
        (size,) = struct.unpack_from("<i", data, kind_end + 1)
        value = kind_end + 5
        name = data[place:name_end]
        if name == b"dataWindow":
            _, top, _, bottom = struct.unpack_from("<4i", data, value)
            height = bottom - top + 1
        elif name == b"compression":
            compression = data[value]
        place = value + size
    lines = _EXR_LINES[compression]
    return place, -(-height // lines)
