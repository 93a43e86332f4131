"""What the server and a child process say to each other: framed msgpack over two pipes."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, BinaryIO, TypeAlias, get_args

import msgspec

from greenroom.domain.json import JsonValue
from greenroom.domain.run import NodeRef, PreviewFormat, RunEvent

HEADER = 4
"""Bytes of the length that stands before every message, big-endian."""


class StartRun(msgspec.Struct, tag="start", frozen=True):
    """Run a graph. `graph` and `extra` are JSON text, since msgpack knows no huge integers."""

    serial: int
    home: str
    tenant: str
    graph: bytes
    extra: bytes
    outputs: tuple[str, ...]
    inputs: tuple[tuple[str, str, str, str], ...]
    """(root, subfolder, name, path)."""


class StopRun(msgspec.Struct, tag="stop", frozen=True):
    serial: int


class Forget(msgspec.Struct, tag="forget", frozen=True):
    """Drop every cached result."""


class Happened(msgspec.Struct, tag="event", frozen=True):
    """A run event; `home` is the folder of the run that wrote its files."""

    kind: str
    body: dict[str, Any]
    home: str = ""


class Ended(msgspec.Struct, tag="ended", frozen=True):
    """The run ended well. `kept` are the folders that cached results still point to."""

    reused: bool
    kept: tuple[str, ...]


class Failed(msgspec.Struct, tag="failed", frozen=True):
    kind: str
    message: str
    comfy: dict[str, Any]
    kept: tuple[str, ...]


class Stopped(msgspec.Struct, tag="stopped", frozen=True):
    kept: tuple[str, ...]


Order: TypeAlias = StartRun | StopRun | Forget
Report: TypeAlias = Happened | Ended | Failed | Stopped

_EVENTS = {event.__name__: event for event in get_args(RunEvent)}
_encoder = msgspec.msgpack.Encoder()
_orders: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_reports: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def frame(message: Order | Report) -> bytes:
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        body = _encoder.encode(_without_surrogates(msgspec.to_builtins(message)))
    return len(body).to_bytes(HEADER, "big") + body


def _without_surrogates(value: Any) -> Any:
    """JSON may hold halves of characters, which no encoding of text can."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list | tuple):
        return [_without_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value


def order(body: bytes) -> Order:
    return _orders.decode(body)


def report(body: bytes) -> Report:
    return _reports.decode(body)


def read_body(pipe: BinaryIO) -> bytes | None:
    """The next message's bytes; None when the other side is gone."""
    header = pipe.read(HEADER)
    if len(header) < HEADER:
        return None
    length = int.from_bytes(header, "big")
    body = pipe.read(length)
    return body if len(body) == length else None


def to_json(value: JsonValue) -> bytes:
    return json.dumps(value).encode()


def happened(event: RunEvent, home: str = "") -> Happened:
    body = {each.name: getattr(event, each.name) for each in fields(event)}
    return Happened(type(event).__name__, body, home)


def event_of(message: Happened) -> RunEvent:
    body: dict[str, Any] = dict(message.body)
    if isinstance(node := body.get("node"), Mapping):
        body["node"] = NodeRef(**node)
    if "nodes" in body:
        body["nodes"] = tuple(body["nodes"])
    if "format" in body:
        body["format"] = PreviewFormat(body["format"])
    event: RunEvent = _EVENTS[message.kind](**body)
    return event
