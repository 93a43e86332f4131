"""A block of a dynamic workflow: some nodes, what they need from before, and what they pass on."""

from collections.abc import Mapping
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.shape import (
    Anything,
    Either,
    Field,
    Integer,
    ListOf,
    MapOf,
    Record,
    Text,
)

BLOCK = Record(
    {
        "nodes": Field(
            MapOf(
                Record(
                    {
                        "class_type": Field(Text(filled=True), required=True),
                        "inputs": Field(MapOf(Anything())),
                        "_meta": Field(MapOf(Anything())),
                    }
                )
            ),
            required=True,
        ),
        "imports": Field(ListOf(Text(filled=True))),
        "exports": Field(
            MapOf(
                Record(
                    {
                        "node": Field(Either((Text(filled=True), Integer())), required=True),
                        "output": Field(Integer(0)),
                    }
                )
            )
        ),
        "variables": Field(ListOf(Text(filled=True))),
    }
)


@dataclass(frozen=True, slots=True)
class Export:
    node: str
    output: int


@dataclass(frozen=True, slots=True)
class Block:
    name: str
    nodes: Mapping[str, JsonObject]
    """Local id -> {class_type, inputs, _meta}."""
    imports: tuple[str, ...]
    exports: Mapping[str, Export]
    variables: tuple[str, ...]


def parse_block(name: str, value: JsonValue) -> Block:
    """The block in a file's JSON; BAD_REQUEST names what is wrong with it."""
    faults = list(BLOCK.problems(value))
    if faults or not isinstance(value, Mapping):
        told = "; ".join(f"{'.'.join(map(str, f.path))} {f.message}".strip() for f in faults[:5])
        raise _refusal(name, told)
    nodes = _records(value.get("nodes"))
    exports = {
        key: Export(str(item["node"]), int(str(item.get("output", 0))))
        for key, item in _records(value.get("exports")).items()
    }
    for key, export in exports.items():
        if export.node not in nodes:
            raise _refusal(name, f"export {key!r} names node {export.node!r}, which is not there")
    return Block(name, nodes, _texts(value.get("imports")), exports, _texts(value.get("variables")))


def _refusal(name: str, reason: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, f"block {name!r}: {reason}", {"block": name})


def _records(value: JsonValue) -> dict[str, JsonObject]:
    items = value.items() if isinstance(value, Mapping) else ()
    return {key: item for key, item in items if isinstance(item, Mapping)}


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
