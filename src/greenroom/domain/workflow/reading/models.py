"""Texts in files that carry a JSON header: binary glTF and safetensors."""

import json
from collections.abc import Iterator, Mapping

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.reading.texts import MAX_TEXT, Text, decode, too_large

GLTF_MAGIC = b"glTF"


def is_safetensors(data: bytes) -> bool:
    length = int.from_bytes(data[:8], "little")
    return data[8:9] == b"{" and 2 <= length <= len(data) - 8


def gltf_texts(data: bytes) -> Iterator[Text]:
    """The extras of the asset and of the whole file."""
    header = _json(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    asset = header.get("asset")
    for holder in (header, asset if isinstance(asset, Mapping) else {}):
        yield from _texts(holder.get("extras"))


def safetensors_texts(data: bytes) -> Iterator[Text]:
    header = _json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    yield from _texts(header.get("__metadata__"))


def _texts(holder: JsonValue) -> Iterator[Text]:
    for name, value in holder.items() if isinstance(holder, Mapping) else ():
        yield Text(name, value if isinstance(value, str) else json.dumps(value))


def _json(data: bytes) -> Mapping[str, JsonValue]:
    if len(data) > MAX_TEXT:
        raise too_large("a header")
    try:
        header = json.loads(decode(data))
    except (ValueError, RecursionError):
        return {}
    return header if isinstance(header, Mapping) else {}
